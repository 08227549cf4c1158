import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunEvent } from '../../src/run/events.js';
import { ranSteps, Sandbox } from '../sandbox.js';
import { escaping, isRunning } from '../unit/programs/program-lab.js';

const test = suite<{ sandbox: Sandbox; config: Readonly<Record<string, string>> }>('models of programs');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
  context.config = { XDG_CONFIG_HOME: context.sandbox.path('config') };
});
test.after.each(({ sandbox }) => sandbox.remove());

const lab = (
  mine = 'command: { run: [node, merge.cjs] }, inputs: { a: { model: base }, b: { model: tuned } }, like: base',
) => `runflow: 1
name: lab
models:
  base: { init: { family: llama, hidden: 16, layers: 1, heads: 2, kv-heads: 1, mlp: 24, vocabulary: 20, tied: true }, seed: 1 }
  tuned: { perturb: base, seed: 2, norm: 0.05, decay: 0.7 }
  mine: { ${mine} }
  half: { combine: base, terms: [{ update: change, times: 0.5 }] }
updates:
  change: { from: base, to: tuned }
  own: { from: base, to: mine }
metrics:
  sizes: { kind: spectrum, of: [change, own] }
`;

/** Reads and writes safetensors without any library: the weights halfway between two models. */
const merge = (then = '') => `
const fs = require('node:fs');
function read(name) {
  const bytes = fs.readFileSync('inputs/' + name + '/model.safetensors');
  const head = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + head));
  const data = bytes.subarray(8 + head);
  return { header, numbers: new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.length)) };
}
function write(header, numbers) {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  fs.writeFileSync('outputs/model/model.safetensors', Buffer.concat([length, text, Buffer.from(numbers.buffer)]));
}
const [a, b] = [read('a'), read('b')];
const header = a.header;
const numbers = a.numbers.map((value, i) => 0.5 * value + 0.5 * b.numbers[i]);
const config = JSON.parse(fs.readFileSync('inputs/a/config.json'));
fs.mkdirSync('outputs/model');
${then}
write(header, numbers);
fs.writeFileSync('outputs/model/config.json', JSON.stringify(config));
`;

function failure(events: readonly RunEvent[]): string {
  const failed = events.find((event) => event.type === 'step-failed');
  return failed?.type === 'step-failed' ? `${failed.message}\n${failed.hint ?? ''}` : 'nothing failed';
}

const columns = (text: string, update: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith(`${update},`))
    .map((line) => line.split(','));

test('a program merges two models: its update is half of the whole one', async ({ sandbox, config }) => {
  await sandbox.write('merge.cjs', merge());
  await sandbox.write('lab.yaml', lab());
  const refused = await sandbox.runflow(['run', 'lab.yaml'], config);
  assert.is(refused.status, 2);
  assert.match(refused.stderr, /models\.mine/);
  const valid = await sandbox.runflow(['validate', 'lab.yaml'], config);
  assert.match(valid.stdout, /models\.mine: node merge\.cjs \(not allowed yet\)/);
  const planned = await sandbox.runflow(['plan', 'lab.yaml'], config);
  assert.match(planned.stdout, /models\.mine: node merge\.cjs \(not allowed yet\)/);
  const estimated = await sandbox.runflow(['plan', 'lab.yaml', '--estimate'], config);
  assert.match(estimated.stdout, /seconds of node merge\.cjs: at most 3600 by its timeout/);

  const ran = ranSteps(await sandbox.run(['lab.yaml', '--allow-commands'], config));
  assert.ok(ran.includes('command-model[mine]'), ran.join());
  const table = await readFile(sandbox.path('results', 'lab', 'spectrum.csv'), 'utf8');
  const [header] = table.split('\n');
  const norm = header!.split(',').indexOf('frobenius_norm');
  assert.ok(norm > 0, header);
  const [whole, half] = [columns(table, 'change'), columns(table, 'own')];
  assert.is(whole.length, half.length);
  assert.ok(whole.length > 3, table);
  for (const [at, row] of whole.entries()) {
    assert.ok(Math.abs(Number(half[at]![norm]) / Number(row[norm]) - 0.5) < 1e-4, `${row} ${half[at]}`);
  }
  assert.equal(readdirSync(join(sandbox.store, 'scratch')), []);
  assert.equal(ranSteps(await sandbox.run(['lab.yaml', '--allow-commands'], config)), []);

  await sandbox.write('merge.cjs', merge('// edited'));
  const explained = await sandbox.runflow(['explain', 'lab.yaml', 'command-model[mine]'], config);
  assert.match(explained.stdout, /will run: program: merge\.cjs changed\n/);
  // Other bytes that make the same model: what is made of it is as it was.
  assert.equal(ranSteps(await sandbox.run(['lab.yaml', '--allow-commands'], config)), ['command-model[mine]']);
  const exported = ['export', 'lab.yaml', 'mine', '--to', sandbox.path('mine'), '--allow-commands'];
  assert.is((await sandbox.runflow(exported, config)).status, 0);
  assert.ok(existsSync(sandbox.path('mine', 'model.safetensors')));
  assert.match(readFileSync(sandbox.path('mine', 'config.json'), 'utf8'), /llama/);
});

const faults: readonly (readonly [what: string, then: string, said: RegExp])[] = [
  [
    'another shape',
    "header['model.norm.weight'].shape = [4, 4];",
    /model\.norm\.weight as F32 \[4, 4\], and a as F32 \[16\]/,
  ],
  ['a tensor that is missing', "delete header['model.norm.weight'];", /model\.norm\.weight|byte/],
  [
    'a tensor too many',
    "header.more = header['model.norm.weight']; delete header['model.norm.weight'];",
    /lacks model\.norm\.weight/,
  ],
  ['NaN', 'numbers[numbers.length - 1] = NaN;', /has NaN or an infinity in/],
  ['an infinity', 'numbers[3] = Infinity;', /has NaN or an infinity in/],
  ['another family', "config.model_type = 'qwen2';", /model_type "qwen2", and that of a has "llama"/],
  [
    'another tokenizer',
    "fs.writeFileSync('outputs/model/tokenizer.json', '{}');",
    /has tokenizer\.json, which a has not/,
  ],
  ['a link', "fs.symlinkSync('/etc/hostname', 'outputs/model/notes');", /outputs\/model\/notes, which is a link/],
  ['no model', 'process.exit(0);', /left no model/],
  ['no folder', "fs.rmdirSync('outputs/model'); process.exit(0);", /without the folder outputs\/model/],
  [
    'a folder that is a link',
    "fs.rmdirSync('outputs/model'); fs.symlinkSync('/tmp', 'outputs/model'); process.exit(0);",
    /outputs\/model, which is a link/,
  ],
  ['an exit code', "console.error('out of luck'); process.exit(3);", /exit[\s\S]*out of luck/],
];

test('what a program leaves is taken only as a whole model of the same tensors', async ({ sandbox, config }) => {
  await sandbox.write('lab.yaml', lab());
  for (const [what, then, said] of faults) {
    await sandbox.write('merge.cjs', merge(then));
    const ended = await sandbox.runflow(['run', 'lab.yaml', '--allow-commands', '--json'], config);
    assert.is(ended.status, 1, what);
    assert.match(failure(ended.events), said, what);
  }
  await sandbox.write(
    'merge.cjs',
    merge('setInterval(() => {}, 1000); return;').replace(/^/, '(() => {').replace(/$/, '})();'),
  );
  await sandbox.write('lab.yaml', lab().replace('[node, merge.cjs]', '[node, merge.cjs], timeout: 1'));
  const slow = await sandbox.runflow(['run', 'lab.yaml', '--allow-commands', '--json'], config);
  assert.is(slow.status, 1);
  assert.match(failure(slow.events), /took longer than 1 s/);
  assert.equal(foldersLeft(sandbox), []);
});

test('which model it is like must be said where it is not clear', async ({ sandbox, config }) => {
  const refusals: readonly (readonly [string, RegExp])[] = [
    [
      'command: { run: [x] }, inputs: { a: { model: base }, b: { model: tuned } }',
      /several inputs are models \(base, tuned\), and there is no like/,
    ],
    ['command: { run: [x] }, inputs: { a: { model: base } }, like: tuned', /tuned is no input of the command/],
    ['command: { run: [x] }, inputs: { a: { model: mine } }', /made from itself/],
    ['command: { run: [x] }, inputs: {}', /none of the inputs is a model/],
    ['command: { run: [x] }, inputs: { a: { model: base } }, like: bas', /there is no model "bas"/],
  ];
  for (const [mine, said] of refusals) {
    await sandbox.write('lab.yaml', lab(mine));
    const ended = await sandbox.runflow(['validate', 'lab.yaml'], config);
    assert.is(ended.status, 2, mine);
    assert.match(ended.stderr, said);
    assert.match(ended.stderr, /lab\.yaml:\d+:\d+/);
  }
});

test('cells of a matrix share one model of a program, and a run that is killed goes on', async ({
  sandbox,
  config,
}) => {
  await sandbox.write('merge.cjs', escaping('setInterval(() => {}, 1000)'));
  const matrix = 'matrix: { params.energy: [0.5, 0.9] }\nparams: { energy: 0.5 }\n';
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference of the workflow language
  const overlap = "metrics:\n  overlap: { kind: mso, pairs: [[change, own]], energies: ['${params.energy}'] }\n";
  await sandbox.write('lab.yaml', lab().replace('models:', `${matrix}models:`).replace('metrics:\n', overlap));
  const { child, ended } = sandbox.start(['run', 'lab.yaml', '--allow-commands'], config);
  let pids: number[] = [];
  await until(() => {
    const scratch = join(sandbox.store, 'scratch');
    for (const owner of existsSync(scratch)
      ? readdirSync(scratch).flatMap((step) => ownersOf(join(scratch, step)))
      : []) {
      const file = join(owner, 'command', 'work', 'outputs', 'pids');
      if (existsSync(file)) pids = readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number);
    }
    return pids.length === 2;
  });
  child.kill('SIGKILL');
  await ended;
  await until(() => !pids.some(isRunning));
  await sandbox.write('merge.cjs', merge());
  const ran = ranSteps(await sandbox.run(['lab.yaml', '--allow-commands'], config));
  assert.equal(
    ran.filter((id) => id.includes('command-model')),
    ['command-model[mine]'],
  );
});

/** What working folders of programs are left in the store. */
function foldersLeft(sandbox: Sandbox): string[] {
  const scratch = join(sandbox.store, 'scratch');
  return readdirSync(scratch).flatMap((step) => ownersOf(join(scratch, step)).flatMap((owner) => readdirSync(owner)));
}

/** Folders of the owners of a step, which another may be removing. */
function ownersOf(step: string): string[] {
  return existsSync(step) ? readdirSync(step).map((owner) => join(step, owner)) : [];
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('it never held');
    await new Promise((resume) => setTimeout(resume, 20));
  }
}

test.run();
