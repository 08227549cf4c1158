import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../../src/formats/digest.js';
import { Store } from '../../../src/store/store.js';

const program = fileURLToPath(new URL('../../../../bin/runflow.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'runflow-cache-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const store = Store.open(join(folder, 'store'));

function cache(...rest: string[]) {
  const { RUNFLOW_STORE_LIMIT: _, ...environment } = process.env;
  const result = spawnSync(process.execPath, [program, 'cache', ...rest], {
    encoding: 'utf8',
    env: { ...environment, RUNFLOW_STORE: store.path, ...limitOf },
  });
  return { code: result.status, out: result.stdout, error: result.stderr };
}
let limitOf: NodeJS.ProcessEnv = {};

async function make(step: string, kind: string, kilobytes: number): Promise<string> {
  const output = await store.objects.put(Buffer.alloc(kilobytes * 1024, step));
  await store.actions.record({
    key: digestOf(step),
    kind,
    revision: 1,
    params: {},
    inputs: {},
    outputs: { output },
    workflow: 'exp3',
    step,
    started: '2024-06-07T00:00:00.000Z',
    seconds: 1.5,
    versions: {},
  });
  const path = store.folder.object(output.digest);
  for (const file of [path, store.folder.action(digestOf(step))]) utimesSync(file, 1e9, 1e9);
  return path;
}

const svd = await make('svd[alignment,q_proj]', 'svd', 300);
await make('svd[alignment,k_proj]', 'svd', 200);
await make('overlap[a,b]', 'overlap', 1);
const run = await store.runs.begin({ name: 'exp3', file: 'exp3.yaml' });
store.lookUp(digestOf('overlap[a,b]'), { run, step: 'overlap[a,b]' });
await run.finish('done');

test('ls shows kinds, or the steps that a pattern matches', () => {
  const kinds = cache('ls');
  assert.is(kinds.code, 0);
  assert.match(kinds.out, /KIND +STEPS +SIZE +LAST USED\noverlap +1 +1 KiB .*\nsvd +2 +500 KiB/);
  assert.match(kinds.out, /3 objects, 501 KiB/);
  const steps = cache('ls', 'svd[*q_proj]').out;
  assert.match(steps, /svd\[alignment,q_proj\] +exp3 +300 KiB +1\.5 s/);
  assert.not.match(steps, /k_proj/);
  const json = JSON.parse(cache('ls', '*', '--json').out) as { steps: { step: string }[] };
  assert.is(json.steps.length, 3);
  assert.is(json.steps[0]!.step, 'overlap[a,b]', 'the one used last comes first');
});

test('du adds up and names the limit', () => {
  const text = cache('du').out;
  assert.match(text, /objects +501 KiB\n/);
  assert.match(text, /limit \d/);
  limitOf = { RUNFLOW_STORE_LIMIT: '7GiB' };
  assert.match(cache('du').out, /limit 7 GiB/);
  limitOf = { RUNFLOW_STORE_LIMIT: 'lots' };
  const refused = cache('du');
  assert.is(refused.code, 2);
  assert.match(refused.error, /"lots" is not a size/);
  limitOf = {};
});

test('gc says what it would free, then frees it, and leaves what recent runs used', () => {
  const dry = cache('gc', '--limit', '100KiB', '--dry-run');
  assert.match(dry.out, /^would free 50\d KiB: 2 steps, 2 objects\n {2}of exp3: 2 steps, 50\d KiB\n/);
  assert.ok(existsSync(svd));
  const limited = cache('gc', '--limit', '0');
  assert.is(limited.code, 0);
  assert.match(limited.out, /^freed 50\d KiB: 2 steps, 2 objects\n/);
  assert.match(limited.out, /over the limit: recent, pinned and running runs need 1 KiB/);
  assert.not.ok(existsSync(svd));
  assert.is(store.lookUp(digestOf('overlap[a,b]')).status, 'hit');
  assert.match(cache('gc', '--json').out, /^\{"store":.*"actions":\[\]/);
});

test('runs are listed, pinned and unpinned', () => {
  assert.match(cache('runs').out, new RegExp(`^exp3: exp3.yaml\nRUN .*\n${run.record.id} .* done .* \\? of 1`));
  assert.is(cache('ls', '--state', 'done').code, 2);
  assert.is(cache('pin', run.record.id.slice(0, 20)).code, 0);
  assert.match(cache('runs').out, /pinned/);
  assert.is(cache('unpin', run.record.id).code, 0);
  assert.not.match(cache('runs').out, /pinned/);
  const unknown = cache('pin', 'x');
  assert.is(unknown.code, 2);
  assert.match(unknown.error, /there is no run x/);
});

test('verify ends with 1 when something is damaged, and with 0 when it was mended', async () => {
  assert.match(cache('verify').out, /^1 object, 1 KiB: all sound\n$/);
  const path = store.folder.object(digestOf(Buffer.alloc(1024, 'overlap[a,b]')));
  chmodSync(path, 0o644);
  writeFileSync(path, Buffer.alloc(1024, 'x'));
  const damaged = cache('verify');
  assert.is(damaged.code, 1);
  assert.match(damaged.out, /object sha256:.*: is damaged: .*\n {2}needed by exp3: overlap\[a,b\]\n/);
  assert.match(damaged.out, /1 damaged and thrown away: run again to mend/);
  await make('overlap[a,b]', 'overlap', 1);
  assert.is(cache('verify').code, 0);
});

test('a wrong subcommand, argument or option is a usage error', () => {
  for (const [rest, message] of [
    [['vrify'], /unknown command cache vrify\n.*Did you mean runflow cache verify\?/],
    [['du', 'x'], /takes no argument: x/],
    [['ls', '--dry-run'], /--dry-run is for runflow cache gc and push only/],
    [[], /argument is missing/],
  ] as const) {
    const result = cache(...rest);
    assert.is(result.code, 2);
    assert.match(result.error, message);
  }
  const foreign = cache('ls', '--store', fileURLToPath(new URL('.', import.meta.url)));
  assert.is(foreign.code, 3);
  assert.match(foreign.error, /is not a store, and not empty/);
});

test('an option that a subcommand has no use for is a usage error', () => {
  for (const [argv, says] of [
    [['pin', 'any', '--json'], /--json is not for runflow cache pin/],
    [['ls', '--dry-run'], /--dry-run is for runflow cache gc and push only/],
    [['verify', '--limit', '1GB'], /--limit is for runflow cache gc only/],
  ] as const) {
    const { code, error } = cache(...argv);
    assert.is(code, 2);
    assert.match(error, says);
  }
});

test.run();
