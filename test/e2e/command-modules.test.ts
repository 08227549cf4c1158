import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunEvent } from '../../src/run/events.js';
import { ranSteps, Sandbox } from '../sandbox.js';

const test = suite<{ sandbox: Sandbox; config: Readonly<Record<string, string>> }>('modules of the user');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
  context.config = { XDG_CONFIG_HOME: context.sandbox.path('config') };
});
test.after.each(({ sandbox }) => sandbox.remove());

const lab = (command = '{ module: ./tone.js, files: [lib/**] }', more = '') => `runflow: 1
name: lab
models:
  base: { init: { family: llama, hidden: 16, layers: 1, heads: 2, kv-heads: 1, mlp: 24, vocabulary: 20, tied: true }, seed: 1 }
  tuned: { perturb: base, seed: 2, norm: 0.05, decay: 0.7 }
datasets:
  asked: { synthetic: problems, rows: 3 }
  more: { synthetic: problems, rows: 5 }
metrics:
  tone:
    kind: command
    command: ${command}
    on: asked
    takes: [model, rows]
    models: [base, tuned]
    inputs: { first: { model: base }, more: { dataset: more } }
    scores: [tone, warmth]
${more}`;

const tone = (then = 'return scores;') => `
import { readFileSync } from 'node:fs';
import { weightsOf } from './lib/weights.js';
export default async function ({ model, rows, models, datasets }) {
  console.log('of ' + rows.length + ' and ' + datasets.more.length);
  const far = weightsOf(model) !== weightsOf(models.first);
  const scores = rows.map((row, at) => (at === 0 ? null : at === 1 ? 0.5 : { tone: far ? 1 : 0, warmth: datasets.more.length, why: row.prompt }));
  scores[0] = { tone: null, warmth: null };
  scores[1] = { tone: 0.5, warmth: 1 };
  ${then}
}
`;
const weights = `import { readFileSync } from 'node:fs';
export const weightsOf = (folder) => readFileSync(folder + '/model.safetensors', 'latin1');
`;

function failure(events: readonly RunEvent[]): string {
  const failed = events.find((event) => event.type === 'step-failed');
  return failed?.type === 'step-failed' ? `${failed.message}\n${failed.hint ?? ''}` : 'nothing failed';
}

test('a module scores models in a process of its own; its bytes and files are its key', async ({ sandbox, config }) => {
  await sandbox.write('tone.js', tone());
  mkdirSync(sandbox.path('lib'));
  await sandbox.write('lib/weights.js', weights);
  await sandbox.write('lab.yaml', lab());
  const refused = await sandbox.runflow(['run', 'lab.yaml'], config);
  assert.is(refused.status, 2);
  assert.match(refused.stderr, /metrics\.tone/);
  assert.not.ok(existsSync(sandbox.store));
  for (const command of ['validate', 'plan']) {
    const shown = await sandbox.runflow([command, 'lab.yaml'], config);
    assert.match(shown.stdout, /metrics\.tone: module \.\/tone\.js \(not allowed yet\)/);
    assert.match(shown.stdout, /files: lib\/weights\.js \(\d+ B\), tone\.js \(\d+ B\)/);
  }
  await sandbox.run(['lab.yaml', '--allow-commands'], config);
  const table = readFileSync(sandbox.path('results', 'lab', 'evaluation.csv'), 'utf8');
  assert.match(table, /^base,,,,,,,tone,0\.25,,,2,1,/m);
  assert.match(table, /^tuned,,,,,,,tone,0\.75,,,2,1,/m);
  assert.match(table, /^tuned,,,,,,,tone\.warmth,3,,,2,1,/m);
  assert.equal(ranSteps(await sandbox.run(['lab.yaml', '--allow-commands'], config)), []);
  await sandbox.write('unrelated.js', '');
  assert.equal(ranSteps(await sandbox.run(['lab.yaml', '--allow-commands'], config)), []);
  for (const [file, text] of [
    ['tone.js', `${tone()}// edited`],
    ['lib/weights.js', `${weights}// edited`],
  ] as const) {
    await sandbox.write(file, text);
    assert.is((await sandbox.runflow(['run', 'lab.yaml'], config)).status, 2, 'it asks again');
    const explained = await sandbox.runflow(['explain', 'lab.yaml', 'command-scores[tone,base]'], config);
    assert.ok(explained.stdout.includes(`will run: program: ${file} changed\n`), explained.stdout);
    const again = ranSteps(await sandbox.run(['lab.yaml', '--allow-commands'], config));
    assert.equal(again.sort(), ['command-scores[tone,base]', 'command-scores[tone,tuned]']);
  }
});

const faults: readonly (readonly [what: string, then: string, said: RegExp])[] = [
  ['an error', "throw new Error('out of tune');", /out of tune/],
  ['NaN', 'scores[1] = { tone: NaN, warmth: 0 }; return scores;', /score 1 holds NaN, which is no finite number/],
  ['an infinity', 'scores[1].warmth = -Infinity; return scores;', /score 1 holds -Infinity/],
  ['too few', 'return scores.slice(1);', /has 2 lines, and there must be 3/],
  ['no array', 'return { tone: 1 };', /returned an object, not an array of scores/],
  ['nothing', '', /returned undefined, not/],
  ['a text', "scores[1] = 'high'; return scores;", /score 1 is a string/],
  ['a missing score', 'scores[1] = 0.5; return scores;', /has no "warmth"/],
  ['a variable that is not named', 'return process.env.TONE_KEY === undefined ? [] : scores;', /has 0 lines/],
  ['its own end', 'process.exit(3);', /exit/],
];

test('what a module returns is taken only as scores of all items', async ({ sandbox, config }) => {
  mkdirSync(sandbox.path('lib'));
  await sandbox.write('lib/weights.js', weights);
  await sandbox.write('lab.yaml', lab());
  for (const [what, then, said] of faults) {
    await sandbox.write('tone.js', tone(then));
    const argv = ['run', 'lab.yaml', '--allow-commands', '--json'];
    const ended = await sandbox.runflow(argv, { ...config, TONE_KEY: 'k' });
    assert.is(ended.status, 1, what);
    assert.match(failure(ended.events), said, what);
  }
  await sandbox.write('lab.yaml', lab('{ module: ./tone.js, files: [lib/**], timeout: 1 }'));
  await sandbox.write('tone.js', tone('setInterval(() => {}, 1000); await new Promise(() => {});'));
  const slow = await sandbox.runflow(['run', 'lab.yaml', '--allow-commands', '--json'], config);
  assert.match(failure(slow.events), /took longer than 1 s/);
  // A timer that is left does not keep a module that has returned.
  await sandbox.write('lab.yaml', lab('{ module: ./tone.js, files: [lib/**], timeout: 60 }'));
  await sandbox.write('tone.js', tone('setInterval(() => {}, 1000); return scores;'));
  await sandbox.run(['lab.yaml', '--allow-commands'], config);
  const scratch = join(sandbox.store, 'scratch');
  const owners = readdirSync(scratch).flatMap((step) =>
    readdirSync(join(scratch, step)).map((owner) => join(scratch, step, owner)),
  );
  assert.equal(
    owners.flatMap((owner) => readdirSync(owner)),
    [],
    'working folders that are left',
  );
});

test('a module makes the rows of a dataset, one after the other', async ({ sandbox, config }) => {
  const rows = `export default async function* ({ datasets }) {
    for (const { prompt } of datasets.asked) yield { prompt, model: 'base', item: 0, id: 'x', score: 1 };
  }`;
  await sandbox.write('rows.mjs', rows);
  const text = lab('{ run: [x] }')
    .replace(/metrics:[\s\S]*/, '')
    .replace(
      'datasets:\n',
      'datasets:\n  made: { command: { module: rows.mjs }, inputs: { asked: asked }, take: 3 }\n',
    );
  const copied =
    'steps: { copy: { command: { run: [node, copy.cjs] }, inputs: { made: { dataset: made } }, files: [made.jsonl] } }\n';
  await sandbox.write('copy.cjs', "require('node:fs').copyFileSync('inputs/made.jsonl', 'outputs/made.jsonl')");
  await sandbox.write('lab.yaml', text + copied);
  await sandbox.run(['lab.yaml', '--allow-commands'], config);
  const made = readFileSync(sandbox.path('results', 'lab', 'steps', 'copy', 'made.jsonl'), 'utf8');
  assert.is(made.trimEnd().split('\n').length, 3);
  await sandbox.write('rows.mjs', 'export default () => 3;');
  const ended = await sandbox.runflow(['run', 'lab.yaml', '--allow-commands', '--json'], config);
  assert.match(failure(ended.events), /returned a number, not rows/);
});

test('a module that is none, lies elsewhere or is misplaced is refused', async ({ sandbox, config }) => {
  await sandbox.write('tone.js', tone());
  for (const [command, said] of [
    ['{ module: ../tone.js }', /\.\.\/tone\.js is not the name of a file in the workflow's folder/],
    ['{ module: /tmp/tone.js }', /is not the name of a file/],
    ['{ module: ./tone.ts }', /no ES module: its name must end in \.js or \.mjs[\s\S]*Compile/],
    ['{ module: ./tone.js, run: [node] }', /has run or module, not both/],
    ['{ timeout: 3 }', /the command lacks run/],
    ['{ module: inputs/tone.js }', /inputs/],
  ] as const) {
    await sandbox.write('lab.yaml', lab(command));
    const ended = await sandbox.runflow(['validate', 'lab.yaml'], config);
    assert.is(ended.status, 2, command);
    assert.match(ended.stderr, said);
    assert.match(ended.stderr, /lab\.yaml:\d+:\d+/);
  }
  await sandbox.write('lab.yaml', lab('{ module: ./none.js }'));
  assert.match((await sandbox.runflow(['validate', 'lab.yaml'], config)).stderr, /there is no program \.\/none\.js/);
  const step = 'steps: { s: { command: { module: ./tone.js }, files: [a] } }\n';
  await sandbox.write('lab.yaml', lab(undefined, step));
  assert.match(
    (await sandbox.runflow(['validate', 'lab.yaml'], config)).stderr,
    /only metrics and datasets come from a module/,
  );
  const rows = lab().replace('datasets:\n', 'datasets:\n  made: { command: { module: tone.js }, rows: made.csv }\n');
  await sandbox.write('lab.yaml', rows);
  assert.match((await sandbox.runflow(['validate', 'lab.yaml'], config)).stderr, /JSON lines, not made\.csv/);
});

test.run();
