import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { changedPaths, nextChange, pathsOfBroken, snapshotOf } from '../../../src/cli/watch.js';

const test = suite<{ folder: string }>('watching');
test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'runflow-watch-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

test('a file that is written, replaced, removed, or made counts as changed, in a folder too', ({ folder }) => {
  const file = join(folder, 'a.yaml');
  const model = join(folder, 'model');
  const paths = [file, model, join(folder, 'later')];
  writeFileSync(file, 'one');
  mkdirSync(join(model, 'deep'), { recursive: true });
  writeFileSync(join(model, 'deep/weights'), 'w');
  const steps: readonly (readonly [string, () => void])[] = [
    [file, () => appendFileSync(file, 'x')],
    [join(model, 'deep/weights'), () => writeFileSync(join(model, 'deep/weights'), 'v!')],
    [join(model, 'fresh'), () => writeFileSync(join(model, 'fresh'), '')],
    [join(folder, 'later'), () => mkdirSync(join(folder, 'later'))],
    [file, () => replace(file, 'oneX')],
    [file, () => rmSync(file)],
  ];
  for (const [changed, change] of steps) {
    const before = snapshotOf(paths);
    assert.equal(changedPaths(before, snapshotOf(paths)), []);
    change();
    assert.ok(changedPaths(before, snapshotOf(paths)).includes(changed), changed);
  }
});

/** Puts another file in the place of one, as editors do. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

test('the wait ends when a file has not changed for one look, and with the signal', async ({ folder }) => {
  const file = join(folder, 'a.yaml');
  writeFileSync(file, '');
  const before = snapshotOf([file]);
  const stop = new AbortController();
  const waiting = nextChange(() => [file], before, stop.signal);
  const writing = (async () => {
    for (let part = 0; part < 8; part++) {
      appendFileSync(file, 'part\n');
      await pause(200);
    }
    return performance.now();
  })();
  assert.equal(await waiting, [file]);
  assert.ok(performance.now() >= (await writing) - 200, 'it waited for the last part');
  const idle = nextChange(() => [file], snapshotOf([file]), stop.signal);
  stop.abort();
  assert.equal(await idle, []);
});

test('a workflow that cannot be read may be mended by any YAML file of its folder, whatever else lies there', ({
  folder,
}) => {
  mkdirSync(join(folder, 'profiles'));
  mkdirSync(join(folder, 'node_modules'));
  for (const name of ['w.yaml', 'profiles/toy.yaml', 'lab.yml', 'data.csv', 'node_modules/x.yaml']) {
    writeFileSync(join(folder, name), '');
  }
  const found = new Set(pathsOfBroken(join(folder, 'w.yaml')));
  assert.equal(
    [...found].sort(),
    ['lab.yml', 'profiles/toy.yaml', 'w.yaml'].map((name) => join(folder, name)),
  );
});

test.run();
