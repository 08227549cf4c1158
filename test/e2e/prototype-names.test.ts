import { readFile } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Sandbox } from '../sandbox.js';

/** Every name and column is one that objects of JavaScript have by themselves. */
const workflow = `
runflow: 1
name: constructor
params: { valueOf: 0.001 }
models:
  constructor:
    init: { family: llama, hidden: 8, layers: 1, heads: 2, mlp: 8, vocabulary: 24 }
    tokenizer: { words-of: toString }
  hasOwnProperty: { finetune: constructor, on: toString, recipe: valueOf }
  isPrototypeOf: { finetune: constructor, on: propertyIsEnumerable, recipe: valueOf }
datasets:
  toString: { path: data.jsonl, columns: { prompt: constructor, response: toString, hasOwnProperty: hasOwnProperty } }
  propertyIsEnumerable:
    path: data.jsonl
    where: { constructor: { not: null }, hasOwnProperty: [four, one] }
    columns: { prompt: toString, response: constructor }
recipes:
  valueOf: { lr: "\${params.valueOf}", template: { prompt: "{prompt} ", response: "{response}" } }
updates:
  constructor: { from: constructor, to: hasOwnProperty }
  toString: { from: constructor, to: isPrototypeOf }
subspaces:
  valueOf: { kind: top-k, of: constructor }
sweeps:
  constructor:
    { project: [constructor, toString], onto: valueOf, mode: parallel, fractions: [1], measure: [constructor, valueOf] }
metrics:
  constructor:
    { kind: exact-match, on: toString, question: prompt, answer: hasOwnProperty, template: raw, max-tokens: 1 }
  valueOf:
    kind: judge
    on: toString
    judge: { rules: { refusals: [no], contains: hasOwnProperty } }
    template: raw
    max-tokens: 1
  toString: { kind: mso, pairs: [[constructor, toString]], energies: [0.5] }
claims:
  constructor: { kind: above-baseline, metric: toString }
`;

const rows = [
  { constructor: 'one two', toString: 'three', hasOwnProperty: 'three' },
  { constructor: 'two', toString: 'four', hasOwnProperty: 'four' },
  { constructor: 'five', toString: 'one', hasOwnProperty: 'one' },
];

const test = suite('names of prototypes');

test('names and columns that every object has are names and columns like others', async () => {
  const box = await Sandbox.make();
  try {
    await box.write('data.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'));
    await box.write('w.yaml', workflow);
    const run = await box.runflow(['run', 'w.yaml', '--out', 'out']);
    assert.is(run.status, 0, run.stdout + run.stderr);
    const evaluation = await readFile(box.path('out/evaluation.csv'), 'utf8');
    for (const metric of ['constructor', 'valueOf']) {
      for (const model of ['constructor', 'hasOwnProperty', 'isPrototypeOf']) {
        assert.match(evaluation, new RegExp(`^${model},,,,,,,${metric},[0-9.]+,.*,3,0,`, 'm'));
      }
    }
    assert.match(await readFile(box.path('out/overlap.csv'), 'utf8'), /^constructor:toString,/m);
    assert.match(await readFile(box.path('out/claims.csv'), 'utf8'), /^constructor,above-baseline,/m);
    assert.match(run.stdout + run.stderr, /tokenise\[isPrototypeOf\]: 2 rows/);
  } finally {
    await box.remove();
  }
});

test.run();
