import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { load, problems } from './loading.js';

/** Subspaces of outputs: what may be said of them, and where what is wrong stands. */

const text = `runflow: 1
models:
  base: { path: base }
  aligned: { path: aligned }
datasets:
  refusals: { path: refusals.jsonl }
updates:
  alignment: { from: base, to: aligned }
subspaces:
  safety: { kind: outputs, model: aligned, prompts: refusals }
sweeps:
  inside: { project: alignment, onto: safety, mode: parallel, fractions: [0.5] }
metrics:
  overlap: { kind: mso, pairs: [[alignment, safety]], energies: [0.5] }
`;

function changed(...changes: readonly (readonly [from: string, to: string])[]): { 'lab/main.yaml': string } {
  let result = text;
  for (const [from, to] of changes) {
    assert.ok(result.includes(from), from);
    result = result.replace(from, () => to);
  }
  return { 'lab/main.yaml': result };
}

const rest = ['prompts: refusals }', 'prompts: refusals, '] as const;

test('outputs are those at response tokens of 128 rows, ten directions, unless told', async () => {
  const { range: _, ...safety } = (await load(changed())).subspaces.get('safety')!;
  assert.equal(safety, {
    name: 'safety',
    kind: 'outputs',
    model: 'aligned',
    prompts: 'refusals',
    template: 'chat',
    tokens: 'response',
    limit: 128,
    maxLength: 512,
    directions: 10,
    semantics: 'paper',
  });
  const told = await load(
    changed([rest[0], `${rest[1]} template: raw, tokens: all, limit: 5, max-length: 9, directions: all }`]),
  );
  const other = told.subspaces.get('safety')! as unknown as Record<string, unknown>;
  assert.equal(
    [other.template, other.tokens, other.limit, other.maxLength, other.directions],
    ['raw', 'all', 5, 9, 'all'],
  );
});

test('what is wrong is refused where it stands', async () => {
  const at = 'lab/main.yaml:10';
  for (const [wrong, column, message] of [
    ['directions: 0', 75, /directions/],
    ['directions: some', 75, /directions/],
    ['directions: 2.5', 75, /directions/],
    ['tokens: last', 71, /tokens/],
    ['limit: 0', 70, /limit/],
  ] as const) {
    const [first, ...more] = await problems(changed([rest[0], `${rest[1]}${wrong} }`]));
    assert.equal(more, []);
    assert.ok(first!.startsWith(`${at}:${column}:`), first);
    assert.match(first!, message);
  }
  assert.equal(await problems(changed(['model: aligned', 'model: alined'])), [`${at}:35: there is no model "alined"`]);
  assert.equal(await problems(changed(['prompts: refusals', 'prompts: refusal'])), [
    `${at}:53: there is no dataset "refusal"`,
  ]);
  assert.match((await problems(changed(['model: aligned, prompts', 'prompts']))).join('\n'), 'model');
});

test('a sweep may say the side that it acts on, and no other', async () => {
  await load(changed(['mode: parallel,', 'mode: parallel, side: left,']));
  assert.equal(await problems(changed(['mode: parallel,', 'mode: parallel, side: right,'])), [
    'lab/main.yaml:12:69: the subspace "safety" is of kind outputs, which acts left of its tensors only',
  ]);
});

test.run();
