import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sweepOf } from '../../../src/workflow/sweeps/sweep.js';
import { load, problems, screen } from './loading.js';

/** Subspaces with directions of their own: what may be said of them, and where their names stand. */

const text = `runflow: 1
models:
  base: { path: base }
  aligned: { path: aligned }
datasets:
  harmful: { path: harmful.jsonl }
  harmless: { path: harmless.jsonl }
updates:
  alignment: { from: base, to: aligned }
subspaces:
  refusal: { kind: difference, model: aligned, prompts: [harmful, harmless], layer: 14 }
  top-k: { kind: top-k, of: alignment }
sweeps:
  inside: { project: alignment, onto: [top-k, refusal], mode: parallel, fractions: [0.5] }
metrics:
  overlap: { kind: mso, pairs: [[alignment, refusal]], energies: [0.5] }
`;

function changed(...changes: readonly (readonly [from: string, to: string])[]): { 'lab/main.yaml': string } {
  let result = text;
  for (const [from, to] of changes) {
    assert.ok(result.includes(from), from);
    result = result.replace(from, () => to);
  }
  return { 'lab/main.yaml': result };
}

test('a difference takes the last token by the chat template, unless told; one layer or position is a list of one', async () => {
  const { subspaces, metrics } = await load(changed());
  const { range: _, ...refusal } = subspaces.get('refusal')!;
  assert.equal(refusal, {
    name: 'refusal',
    kind: 'difference',
    model: 'aligned',
    prompts: ['harmful', 'harmless'],
    prompt: 'prompt',
    template: 'chat',
    layers: [14],
    positions: [-1],
    maxLength: 512,
    select: null,
  });
  const told = await load(changed(['layer: 14', 'layer: [0.25, 3], position: [-1, -4], max-length: 4, template: raw']));
  const other = told.subspaces.get('refusal')! as unknown as Record<string, unknown>;
  assert.equal([other.layers, other.positions, other.template], [[0.25, 3], [-1, -4], 'raw']);
  const overlap = metrics.get('overlap')! as unknown as Record<string, unknown>;
  assert.equal([overlap.pairs, overlap.subspaces], [[['alignment', 'refusal']], ['refusal']]);
});

test('a direction is chosen by two other sets of prompts, 32 of each, with the bounds that are published', async () => {
  const select = 'select: { prompts: [harmful, harmless], refusals: [I, As] }';
  const { subspaces } = await load(changed(['layer: 14', select]));
  const refusal = subspaces.get('refusal')! as unknown as Record<string, unknown>;
  assert.equal(refusal.layers, []);
  assert.equal(refusal.select, {
    prompts: ['harmful', 'harmless'],
    limit: 32,
    refusals: ['I', 'As'],
    depth: 0.8,
    divergence: 0.1,
    induced: 0,
  });
  const told = changed(['layer: 14', 'layer: [3, 4], select: { prompts: [harmful, harmless], refusals: [I], limit: 8, depth: 0.5, divergence: 0.2, induced: -1 }']); // biome-ignore format: one line
  const other = (await load(told)).subspaces.get('refusal')! as unknown as Record<string, unknown>;
  assert.equal([other.layers, (other.select as { induced: number }).induced], [[3, 4], -1]);
  assert.equal(await problems(changed([', layer: 14', ''])), [
    'lab/main.yaml:11:3: subspaces.refusal has neither a layer nor select, which chooses one',
  ]);
  const wrong = changed(['layer: 14', 'select: { prompts: [harmful, harmles], refusals: [I] }']);
  assert.equal(await problems(wrong), ['lab/main.yaml:11:107: there is no dataset "harmles"']);
  for (const bad of [
    'refusals: []',
    'refusals: [I], depth: 0',
    'refusals: [I], limit: 0',
    'refusals: [I], divergence: -1',
  ]) {
    const text = changed(['layer: 14', `select: { prompts: [harmful, harmless], ${bad} }`]);
    assert.match((await problems(text)).join('\n'), bad.replace('refusals: [I], ', '').split(':')[0]!);
  }
});

test('what makes no difference is refused where it stands', async () => {
  const at = 'lab/main.yaml:11';
  assert.equal(await problems(changed(['[harmful, harmless]', '[harmful, harmful]'])), [
    `${at}:67: the difference of "harmful" and itself is zero`,
  ]);
  assert.equal(await problems(changed(['layer: 14', 'layer: 1.5'])), [
    `${at}:85: 1.5 is neither the number of a layer nor a part of the depth`,
  ]);
  assert.equal(await problems(changed(['layer: 14', 'layer: [3, 2.5], position: [-1, -9], max-length: 8'])), [
    `${at}:89: 2.5 is neither the number of a layer nor a part of the depth`,
    `${at}:110: a prompt of at most 8 tokens has no position -9`,
  ]);
  for (const [wrong, message] of [
    ['layer: -1', /layer/],
    ['layer: 14, position: 0', /position/],
    ['layer: 14, position: -1.5', /position/],
    ['layer: []', /layer/],
    ['layer: [2, 2]', /layer/],
  ] as const) {
    assert.match((await problems(changed(['layer: 14', wrong]))).join('\n'), message);
  }
  assert.match((await problems(changed(['[harmful, harmless]', '[harmful]']))).join('\n'), /prompts/);
  assert.match(
    (await problems(changed(['model: aligned, prompts', 'model: alined, prompts']))).join('\n'),
    'there is no model "alined"',
  );
});

test('a side that a subspace does not have is refused, for a sweep and for a model', async () => {
  const message = 'the subspace "refusal" is of kind difference, which acts left of some tensors and right of others';
  const sided = changed(['mode: parallel,', 'mode: parallel, side: left,']);
  assert.equal(await problems(sided), [`lab/main.yaml:14:79: ${message}`]);
  assert.match(await screen(sided), 'Remove `side`: the subspace has its own.');
  const model = changed(['datasets:', '  half: { project: alignment, onto: refusal, mode: parallel, fraction: 1, side: right }\ndatasets:']); // biome-ignore format: one line
  assert.equal(await problems(model), [`lab/main.yaml:5:81: ${message}`]);
  const fits = changed(['[top-k, refusal]', '[top-k]'], ['mode: parallel,', 'mode: parallel, side: left,']);
  assert.is(sweepOf('projected', (await load(fits)).sweeps.get('inside')!)!.side, 'left');
});

test('a name of a pair is that of an update or of a subspace with directions of its own, and never of both', async () => {
  const both = changed(['  refusal: {', '  alignment: {'], ['onto: [top-k, refusal]', 'onto: [top-k, alignment]'], ['[[alignment, refusal]]', '[[alignment, alignment]]']); // biome-ignore format: one line
  assert.match((await problems(both)).join('\n'), '"alignment" is the name of an update and of a subspace');
  assert.equal(await problems(changed(['[[alignment, refusal]]', '[[alignment, refusl]]'])), [
    'lab/main.yaml:16:45: there is no update or subspace "refusl"',
  ]);
  assert.match(await screen(changed(['[[alignment, refusal]]', '[[alignment, refusl]]'])), 'Did you mean "refusal"?');
  assert.equal(await problems(changed(['[[alignment, refusal]]', '[[alignment, top-k]]'])), [
    'lab/main.yaml:16:45: the subspace "top-k" is of kind top-k, which has no directions of its own: a fraction chooses them',
  ]);
});

test('a model that is projected onto a difference is made from the model whose states it takes', async () => {
  const circle = changed(
    ['datasets:', '  half: { project: alignment, onto: refusal, mode: parallel, fraction: 1 }\ndatasets:'],
    ['model: aligned, prompts', 'model: half, prompts'],
  );
  assert.match((await problems(circle)).join('\n'), 'a model is made from itself: half ← half');
});

test.run();
