import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { load, problems, screen } from './loading.js';

/** Whole screens: what a user reads after a slip of the pen. */

const text = `runflow: 1
models:
  base: { path: ./base }
  aligned: { hub: owner/aligned, revision: main }
  useful: { perturb: aligned, seed: 1, norm: 0.1, decay: 1 }
updates:
  alignment: { from: base, to: aligned }
  useful: { from: aligned, to: useful }
subspaces:
  top-k: { kind: top-k, of: alignment }
  random: { kind: random, like: alignment, seeds: [1, 2] }
sweeps:
  keep:
    project: useful
    onto: [top-k, random]
    mode: parallel
    fractions: [0.1, 0.5]
metrics:
  overlap: { kind: mso, pairs: [[useful, alignment]], energies: [0.5] }
`;

function changed(...changes: readonly (readonly [from: string, to: string])[]): { 'lab/main.yaml': string } {
  let result = text;
  for (const [from, to] of changes) {
    assert.ok(result.includes(from), from);
    result = result.replace(from, to);
  }
  return { 'lab/main.yaml': result };
}

test('the workflow that the tests change is valid', async () => {
  await load(changed());
});

test('one mistake in a model is one error, though a model may be made in many ways', async () => {
  assert.is(
    await screen(changed(['revision: main', 'revison: main'])),
    `lab/main.yaml:4:34: error: unknown key "revison" in models.aligned
 4 |   aligned: { hub: owner/aligned, revison: main }
   |                                  ^^^^^^^
  Did you mean "revision"?
`,
  );
});

test('mistakes of every sort stand on one screen, in the order of the text', async () => {
  const texts = changed(
    ['models:', 'modles: {}\nmodels:'],
    ['path: ./base', 'pth: ./base'],
    ['norm: 0.1', 'norm: -0.1'],
    ['to: useful', 'to: usefull'],
    ['kind: top-k', 'kind: topk'],
    ['    project: useful\n', ''],
    ['mode: parallel', 'mode: paralel'],
    ['[0.1, 0.5]', '[0.1, 0.5, 50e-2, 1.5]'],
    ['[[useful, alignment]]', '[[useful], 5]'],
  );
  assert.is(
    await screen(texts),
    `lab/main.yaml:2:1: error: unknown key "modles" in the workflow
 2 | modles: {}
   | ^^^^^^
  Did you mean "models"?

lab/main.yaml:4:3: error: models.base does not say how the model is made
 4 |   base: { pth: ./base }
   |   ^^^^
  Did you mean "path" by "pth"?

lab/main.yaml:6:46: error: models.useful.norm is -0.1; it must be above 0
 6 |   useful: { perturb: aligned, seed: 1, norm: -0.1, decay: 1 }
   |                                              ^^^^

lab/main.yaml:9:32: error: there is no model "usefull"
 9 |   useful: { from: aligned, to: usefull }
   |                                ^^^^^^^
  Did you mean "useful"?

lab/main.yaml:11:18: error: "topk" is not a kind of subspace
 11 |   top-k: { kind: topk, of: alignment }
    |                  ^^^^
  Did you mean "top-k"?

lab/main.yaml:14:3: error: sweeps.keep lacks "project"
 14 |   keep:
    |   ^^^^
  For example: project: useful

lab/main.yaml:16:11: error: sweeps.keep.mode cannot be "paralel"
 16 |     mode: paralel
    |           ^^^^^^^
  Did you mean "parallel"?

lab/main.yaml:17:27: error: sweeps.keep.fractions holds 0.5 twice
 17 |     fractions: [0.1, 0.5, 50e-2, 1.5]
    |                           ^^^^^
  Keep one of them.

lab/main.yaml:17:34: error: sweeps.keep.fractions.3 is 1.5; it must be at most 1
 17 |     fractions: [0.1, 0.5, 50e-2, 1.5]
    |                                  ^^^

lab/main.yaml:19:33: error: metrics.overlap.pairs.0 has 1 item; it must have at least 2
 19 |   overlap: { kind: mso, pairs: [[useful], 5], energies: [0.5] }
    |                                 ^^^^^^^^

lab/main.yaml:19:43: error: metrics.overlap.pairs.1 must be a list, not 5
 19 |   overlap: { kind: mso, pairs: [[useful], 5], energies: [0.5] }
    |                                           ^

11 errors
`,
  );
});

test('a key given twice shows both places', async () => {
  assert.is(
    await screen(changed(['updates:', 'models:\n  other: { path: x }\nupdates:'])),
    `lab/main.yaml:6:1: error: the key "models" is given twice
 6 | models:
   | ^^^^^^
  Keep one of them.
  lab/main.yaml:2:1: first given here
 2 | models:
   | ^^^^^^
`,
  );
});

test('a model made from itself shows the circle, through shared directions too', async () => {
  assert.equal(await problems(changed(['perturb: aligned', 'perturb: useful'])), [
    'lab/main.yaml:5:3: a model is made from itself: useful ← useful',
  ]);
  assert.equal(await problems(changed(['decay: 1 }', 'decay: 1, share: { update: useful, weight: 1 } }'])), [
    'lab/main.yaml:5:3: a model is made from itself: useful ← useful',
  ]);
  const pair = changed([
    '  useful: { perturb: aligned',
    '  a: { perturb: useful, seed: 1, norm: 1, decay: 1 }\n  useful: { perturb: a',
  ]);
  assert.equal(await problems(pair), ['lab/main.yaml:5:3: a model is made from itself: a ← useful ← a']);
});

test('a chain of a thousand models is no circle', async () => {
  const chain = Array.from({ length: 1000 }, (_, i) => `  m${i + 1}: { perturb: m${i}, seed: 1, norm: 1, decay: 1 }`);
  const workflow = await load(changed(['updates:', `  m0: { path: m }\n${chain.join('\n')}\nupdates:`]));
  assert.is(workflow.models.size, 1004);
});

test('a sweep of too many points is refused before it is unrolled, with its size', async () => {
  const list = (length: number, item: (index: number) => string) =>
    `[${Array.from({ length }, (_, i) => item(i)).join(', ')}]`;
  const texts = changed(
    ['seeds: [1, 2]', `seeds: ${list(1000, String)}`],
    ['[0.1, 0.5]', list(100, (index) => `${(index + 1) / 100}`)],
  );
  assert.is(
    await screen(texts),
    `lab/main.yaml:13:3: error: the sweep has 100,100 points (updates 1 × subspaces 1001 × fractions 100 × measures 1)
 13 |   keep:
    |   ^^^^
  A workflow may have 100,000. Leave out fractions, ranks or seeds, or split it.
`,
  );
});

test('architectures that cannot be are refused', async () => {
  const init = (fields: string) =>
    problems(changed(['path: ./base', `init: { layers: 1, mlp: 8, vocabulary: 10, ${fields} }`]));
  assert.equal(await init('family: llama, hidden: 64, heads: 4, kv-heads: 3'), [
    'lab/main.yaml:3:101: 4 heads cannot share 3 key-value heads equally',
  ]);
  assert.match((await init('family: llama, hidden: 65, heads: 4'))[0]!, /hidden 65 is not a multiple of 4 heads/);
  assert.match((await init('family: llama, hidden: 12, heads: 4'))[0]!, /a head dimension of 3 is odd/);
  assert.match(
    (await init('family: qwen2, hidden: 64, heads: 4, mlp-bias: true'))[0]!,
    /mlp-bias is a choice of llama/,
  );
  assert.match(
    (await init('family: llama, hidden: 64, heads: 4, no-rope-layer-interval: 4'))[0]!,
    /no-rope-layer-interval is a choice of smollm3; every layer of llama rotates/,
  );
  assert.match(
    (await init('family: qwen3, hidden: 64, heads: 4, sliding-window-pattern: 2'))[0]!,
    /sliding-window-pattern is a choice of gemma3_text; every layer of qwen3 sees the whole row/,
  );
  assert.match((await init('family: gpt2, hidden: 64, heads: 4'))[0]!, /family cannot be "gpt2"/);
});

test('an update from a model to itself is refused, and so is a measure that is none', async () => {
  assert.equal(await problems(changed(['to: aligned }', 'to: base }'])), [
    'lab/main.yaml:7:32: the update goes from "base" to itself, so that it is zero',
  ]);
  assert.equal(await problems(changed(['mode: parallel', 'mode: parallel\n    measure: [energy, overlap, enery]'])), [
    'lab/main.yaml:17:23: the metric "overlap" is of kind mso, which is not measured along a sweep',
    'lab/main.yaml:17:32: there is nothing to measure called "enery"',
  ]);
});

test('a section with nothing in it is told apart from one of the wrong kind', async () => {
  assert.equal(await problems(changed(['seeds: [1, 2]', 'seeds:'])), [
    'lab/main.yaml:11:44: subspaces.random.seeds must be a list, not empty',
  ]);
  assert.equal(await problems({ 'lab/main.yaml': 'runflow: 1\nmodels:\nupdates: 5\n' }), [
    'lab/main.yaml:2:1: models must be a mapping, not empty',
    'lab/main.yaml:3:10: updates must be a mapping, not 5',
  ]);
});

test('a revision is no path out of the cache', async () => {
  assert.match(
    (await problems(changed(['revision: main', 'revision: a/../../b'])))[0]!,
    /revision cannot be "a\/\.\.\/\.\.\/b"/,
  );
});

test('names are names', async () => {
  assert.equal(
    await problems(
      changed(['  base: {', '  ba[se]: {'], ['from: base', 'from: aligned'], ['to: aligned', 'to: useful']),
    ),
    ['lab/main.yaml:3:3: "ba[se]" cannot be a name in models'],
  );
  assert.match((await problems(changed(['runflow: 1', 'runflow: 1\nname: ../up'])))[0]!, /name cannot be "..\/up"/);
});

test.run();
