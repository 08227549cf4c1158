import { existsSync } from 'node:fs';
import { cp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Sandbox } from '../sandbox.js';
import { headersOnly, publishHeaders } from '../unit/data/headers-only.js';
import { HubServer } from '../unit/data/hub-server.js';

/** `plan --estimate` of a real profile, from the headers of models of the true shapes on a server on the loopback interface. */

const workflows = fileURLToPath(new URL('../../../workflows/', import.meta.url));

interface Context {
  box: Sandbox;
  hub: HubServer;
  environment: Record<string, string>;
}

const test = suite<Context>('what a run will cost');
test.before(async (context) => {
  context.box = await Sandbox.make();
  context.hub = await HubServer.start();
  publishHeaders(context.hub, 'qwen2.5-1.5b');
  await cp(workflows, context.box.path('workflows'), { recursive: true });
  context.environment = { HF_ENDPOINT: context.hub.endpoint, HF_HUB_OFFLINE: '' };
});
test.after(async ({ box, hub }) => {
  await hub.stop();
  await box.remove();
});

const plan = ['plan', 'workflows/exp3.yaml', '--profile', 'qwen2.5-1.5b', '--estimate', '--json'];

test('a whole plan is costed from headers: kilobytes are asked for, nothing is pinned or run', async (context) => {
  const { box, hub, environment } = context;
  const ended = await box.runflow([...plan, '--assume', 'row-tokens=256'], environment);
  assert.is(ended.status, 0, ended.stderr);
  assert.ok(hub.sent > 10_000 && hub.sent < 300_000, `${hub.sent} bytes of files were sent`);
  const { steps, deferred, estimate } = JSON.parse(ended.stdout);
  assert.equal(deferred, []);
  assert.is(steps.filter(({ kind }: { kind: string }) => kind === 'svd').length, 3 * 338);
  const weights = headersOnly('qwen2.5-1.5b').weights;
  const own = 2 * (weights + 7_000_000) + 2 * 5_000_000;
  assert.ok(estimate.all.fetch.least >= own && estimate.all.fetch.least < own + 1e6, `${estimate.all.fetch.least}`);
  // 20,000 and 4,000 rows of 256 tokens, each token 6 operations a weight of the linear layers, and its logits.
  const { least, most } = estimate.groups.find(({ group }: { group: string }) => group === 'Model useful').flop;
  const expected = 20_000 * 256 * 6 * 1_543_714_304;
  assert.ok(least > expected && most < 1.6 * expected, `${least} ${most} ${expected}`);
  assert.ok(estimate.all.deviceMemory.least > 9.2 * 2 ** 30, 'weights, gradients and moments in bf16');
  assert.is(estimate.all.seconds.most === null, false);
  assert.not.ok((await readdir(box.path('workflows'))).includes('exp3.lock.json'), 'it pinned revisions');
});

test('offline it does what was asked before, and says what was not', async ({ box, hub, environment }) => {
  const before = hub.requests.length;
  const offline = { ...environment, HF_HUB_OFFLINE: '1' };
  const missing = await box.runflow(plan.with(3, 'qwen2.5-3b'), offline);
  const known = await box.runflow(plan, offline);
  assert.is(known.status, 0, known.stderr);
  assert.is(hub.requests.length, before);
  assert.is(missing.status, 3);
  assert.match(missing.stderr, /says of models\.aligned, models\.base: .*Qwen2\.5-3B.* HF_HUB_OFFLINE is set/s);
});

test('figures of a published device take the place of this one, and what does not fit is said', async (context) => {
  const { box, hub, environment } = context;
  publishHeaders(hub, 'llama-2-7b');
  const options = [...plan.slice(0, -1), '--device', 'l4', '--assume', 'response-tokens=5'].with(3, 'llama-2-7b');
  const text = await box.runflow(options, environment);
  assert.is(text.status, 0, text.stderr);
  assert.match(text.stdout, /for L4: 30\.29 TFLOP\/s, 300\.1 GB\/s, 24 GiB \(fpsbench\.com\/\S+\); host, and disk of/);
  assert.match(text.stdout, /does not fit: train\[useful\] needs at least [\d.]+ GiB of device memory, L4 has 24 GiB/);
  assert.match(text.stdout, /tokens of a row of datasets\.useful: from 2 to 512, its max-length/);
  assert.match(text.stdout, /in all .* about [\d:.]+( s)? to [\d:.]+/);
  assert.match(text.stdout, /assumed for nothing: response-tokens/);
  const unknown = await box.runflow([...plan, '--device', 'RTX 4091'], environment);
  assert.is(unknown.status, 2);
  assert.match(unknown.stderr, /Did you mean "RTX 4090"\?/);
});

test('it needs no device of its own where another is named, and no cache or store that can be written', async ({
  box,
}) => {
  const nowhere = { RUNFLOW_STORE: '/proc/none/store', XDG_CACHE_HOME: '/proc/none', HF_HOME: '/proc/none' };
  const toy = ['plan', 'workflows/exp3.yaml', '--estimate'];
  const noDevice = { ...nowhere, RUNFLOW_ADAPTER: 'no such device' };
  const other = await box.runflow([...toy, '--device', 'L4'], noDevice);
  assert.is(other.status, 0, other.stderr);
  assert.match(other.stdout, /in all/);
  // The software GPU that comes with npm is unpacked into the cache: with this machine's device, that one must be writable.
  const own = [[...toy, '--json'], { RUNFLOW_STORE: nowhere.RUNFLOW_STORE, HF_HOME: nowhere.HF_HOME }] as const;
  for (const [argv, environment] of [own, [[...toy, '--json', '--device', 'L4'], noDevice]] as const) {
    const told = await box.runflow(argv, environment);
    assert.is(told.status, 0, told.stderr);
    const { host, store } = JSON.parse(told.stdout).estimate;
    assert.is(host.diskFolder, tmpdir());
    assert.is(store.path, '/proc/none/store');
  }
});

test('the disk that is measured is that of the store, also before the store is made', async ({ box }) => {
  const RUNFLOW_STORE = box.path('to-be-made', 'store');
  const ended = await box.runflow(['plan', 'workflows/exp3.yaml', '--estimate', '--json'], { RUNFLOW_STORE });
  assert.is(ended.status, 0, ended.stderr);
  assert.is(JSON.parse(ended.stdout).estimate.host.diskFolder, box.path());
  assert.not.ok(existsSync(box.path('to-be-made')));
});

test('rows that are made or lie here are counted to the token; what ran is free', async ({ box }) => {
  await box.write('rows.jsonl', `${JSON.stringify({ prompt: 'how many apples', response: 'three' })}\n`.repeat(7));
  const template = '{ prompt: "user : {prompt} assistant :", response: " {response}" }';
  await box.write(
    'small.yaml',
    `runflow: 1
name: small
datasets:
  made: { synthetic: problems, rows: 20, seed: 1 }
  here: { path: rows.jsonl, take: 5 }
  both: { mix: { made: all, here: all } }
models:
  model:
    init: { family: llama, hidden: 16, layers: 1, heads: 2, mlp: 32, vocabulary: 200, tied: true }
    tokenizer: { words-of: [both], template: ${template} }
metrics:
  surprise: { kind: loss, on: both, models: [model], template: ${template} }
  answers: { kind: exact-match, on: here, models: [model], question: prompt, answer: response, template: ${template}, max-tokens: 4 }
`,
  );
  const estimate = async () => {
    const ended = await box.runflow(['plan', 'small.yaml', '--estimate', '--json']);
    assert.is(ended.status, 0, ended.stderr);
    return JSON.parse(ended.stdout).estimate;
  };
  const first = await estimate();
  assert.equal(
    first.unknown.map(({ what }: { what: string }) => what),
    ['tokens of a response'],
  );
  const { flop } = first.groups.find(({ group }: { group: string }) => group === 'Scores of surprise');
  assert.is(flop.least, flop.most);
  assert.ok(flop.least > 0 && first.all.disk.least > 0 && first.all.seconds.least > 0);
  const ran = await box.run(['small.yaml', 'surprise']);
  assert.ok(ran.events.some((event) => event.type === 'step-finished'));
  const second = await estimate();
  const groups = second.groups.map(({ group }: { group: string }) => group);
  assert.ok(groups.includes('Responses for answers') && !groups.includes('Scores of surprise'), groups.join());
});

test('options that mean nothing are refused', async ({ box }) => {
  for (const [options, message] of [
    [['--device', 'RTX 4090'], /--device is about costs/],
    [['--estimate', '--assume', 'row-token=5'], /there is no such number to assume/],
    [['--estimate', '--assume', 'row-tokens=5', '--assume', 'row-tokens=6'], /it is given twice/],
    [['--estimate', '--assume', 'nothing.rows=5'], /there is no such number to assume/],
    [['--estimate', '--assume', 'row-tokens=many'], /it is not NAME=N/],
    [['--estimate', '--all'], /--all lists reasons/],
  ] as const) {
    const ended = await box.runflow(['plan', 'workflows/exp3.yaml', ...options]);
    assert.is(ended.status, 2, options.join(' '));
    assert.match(ended.stderr, message);
  }
});

test.run();
