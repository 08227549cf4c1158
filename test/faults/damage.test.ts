import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Sandbox, summaryOf } from '../sandbox.js';
import { smallWorkflow } from '../small-workflow.js';

/** Whatever has become of files of the store, the run that meets it mends it, all of it, and gives the same results. */
const test = suite('a damaged store');
let sandbox: Sandbox;
const tables = ['energy.csv', 'energy-by-tensor.csv', 'overlap.csv'];
const contents = () => tables.map((file) => readFileSync(sandbox.path('results/small', file), 'utf8'));
let sound: string[];
test.before(async () => {
  sandbox = await Sandbox.make();
  await sandbox.write('small.yaml', smallWorkflow);
  await sandbox.run(['small.yaml']);
  sound = contents();
});
test.after(() => sandbox.remove());

const filesBelow = (folder: string) =>
  readdirSync(join(sandbox.store, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => join(sandbox.store, folder, file))
    .filter((file) => lstatSync(file).isFile());
const forget = () => rmSync(sandbox.path('results'), { recursive: true, force: true });

type Damage = (file: string) => void;
const scribble: Damage = (file) => {
  const bytes = readFileSync(file);
  if (bytes.length > 0) bytes[bytes.length >> 1]! ^= 1;
  rmSync(file);
  writeFileSync(file, bytes);
};
const replacedBy = (make: Damage): Damage => {
  return (file) => {
    rmSync(file);
    make(file);
  };
};
const damages: readonly Damage[] = [
  scribble,
  (file) => rmSync(file),
  (file) => {
    chmodSync(file, 0o644);
    truncateSync(file, statSync(file).size >> 1);
  },
  replacedBy((file) => writeFileSync(file, '')),
  replacedBy((file) => mkdirSync(join(file, 'inside'), { recursive: true })),
  replacedBy((file) => symlinkSync('nowhere', file)),
  replacedBy((file) => symlinkSync(file, file)),
  replacedBy((file) => execFileSync('mkfifo', [file])),
];

for (const turn of [0, 3]) {
  test(`every object has another damage (${turn}): one run mends all of them`, async () => {
    forget();
    for (const [index, file] of filesBelow('objects').entries()) damages[(index + turn) % damages.length]!(file);
    const ended = await sandbox.run(['small.yaml']);
    assert.equal(contents(), sound);
    assert.ok(summaryOf(ended).report);
    forget();
    assert.is(summaryOf(await sandbox.run(['small.yaml'])).ran, 0, 'mended for good');
    // Nothing makes again what an earlier run published of itself: it is told once, and thrown away.
    const { status, stdout, stderr } = await sandbox.runflow(['cache', 'verify']);
    assert.ok(status === 0 || status === 1, stderr);
    assert.match(stdout, /: (all sound|\d+ damaged and thrown away)/);
    for (const [, step] of stdout.matchAll(/needed by .*: (.*)/g)) assert.is(step, 'run', stdout);
    const again = await sandbox.runflow(['cache', 'verify']);
    assert.is(again.status, 0, stdout + again.stdout);
  });

  test(`every record of a step has another damage (${turn}): one run makes them anew`, async () => {
    for (const [index, file] of filesBelow('actions').entries()) damages[(index + turn) % damages.length]!(file);
    await sandbox.run(['small.yaml']);
    assert.equal(contents(), sound);
    assert.is(summaryOf(await sandbox.run(['small.yaml'])).ran, 0, 'mended for good');
  });
}

test('the tables and the report are damaged, and nothing else: they are made again together', async () => {
  const { results } = JSON.parse(readFileSync(sandbox.path('results/small/run.json'), 'utf8'));
  forget();
  const names = new Set((results as { digest: string }[]).map(({ digest }) => digest.slice('sha256:'.length)));
  for (const file of filesBelow('objects')) if (names.has(basename(file))) scribble(file);
  const ended = await sandbox.run(['small.yaml']);
  assert.is(summaryOf(ended).ran, 4);
  assert.equal(contents(), sound);
});

test('many inputs of one step that are damaged are made again together', async () => {
  for (const file of filesBelow('objects')) scribble(file);
  const set = ['--set', 'sweeps.parallel.fractions=[0.2, 0.4]', '--set', 'metrics.overlap.energies=[0.2]'];
  const ended = await sandbox.run(['small.yaml', ...set]);
  assert.is(summaryOf(ended).failed, 0);
});

test('a file in the place of a folder of the store is mended', async () => {
  for (const area of ['actions', 'objects/sha256']) {
    for (const name of readdirSync(join(sandbox.store, area))) {
      rmSync(join(sandbox.store, area, name), { recursive: true });
      writeFileSync(join(sandbox.store, area, name), '');
    }
  }
  await sandbox.run(['small.yaml']);
  assert.equal(contents(), sound);
});

test('records of runs that are something else are passed over', async () => {
  for (const [index, run] of readdirSync(join(sandbox.store, 'runs')).entries()) {
    for (const file of readdirSync(join(sandbox.store, 'runs', run))) {
      const path = join(sandbox.store, 'runs', run, file);
      rmSync(path, { recursive: true, force: true });
      if (index % 3 === 0) mkdirSync(path);
      else if (index % 3 === 1) execFileSync('mkfifo', [path]);
      else writeFileSync(path, 'null');
    }
  }
  assert.is((await sandbox.runflow(['cache', 'runs'])).status, 0);
  assert.is((await sandbox.runflow(['runs', '--json'])).status, 0);
  assert.is((await sandbox.runflow(['cache', 'gc'])).status, 0);
  await sandbox.run(['small.yaml']);
});

test('an object that may not be read is an error of the environment, in words', async () => {
  if (process.getuid?.() === 0) return; // root may read everything
  forget();
  for (const file of filesBelow('objects')) chmodSync(file, 0o000);
  const ended = await sandbox.runflow(['run', 'small.yaml']);
  assert.is(ended.status, 3);
  assert.match(ended.stderr, /the store .* cannot be used while reading object/);
  for (const file of filesBelow('objects')) chmodSync(file, 0o444);
});

test('a hard link to an object changes nothing', async () => {
  forget();
  const [file] = filesBelow('objects');
  linkSync(file!, sandbox.path('linked'));
  await sandbox.run(['small.yaml']);
  assert.equal(contents(), sound);
});

test.run();
