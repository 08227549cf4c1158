import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { load, problems, screen } from './loading.js';

/** Models to whose residual stream a direction is added. */

const text = `runflow: 1
models:
  base: { path: base }
  aligned: { path: aligned }
  steered: { add: refusal, to: aligned, times: -1.5 }
datasets:
  harmful: { path: harmful.jsonl }
  harmless: { path: harmless.jsonl }
updates:
  alignment: { from: base, to: aligned }
subspaces:
  refusal: { kind: difference, model: aligned, prompts: [harmful, harmless], layer: 14 }
  top-k: { kind: top-k, of: alignment }
metrics:
  nll: { kind: loss, on: harmless, models: steered }
`;

function changed(from: string, to: string): { 'lab/main.yaml': string } {
  assert.ok(text.includes(from), from);
  return { 'lab/main.yaml': text.replace(from, () => to) };
}

test('a shifted model names a direction, a model and a multiple', async () => {
  const { range: _, ...steered } = (await load({ 'lab/main.yaml': text })).models.get('steered')!;
  assert.equal(steered, { name: 'steered', kind: 'add', model: 'aligned', subspace: 'refusal', times: -1.5 });
});

test('what cannot be added is refused where it stands', async () => {
  const at = 'lab/main.yaml:5';
  const wrong = changed('add: refusal', 'add: top-k');
  assert.equal(await problems(wrong), [
    `${at}:19: the subspace "top-k" is of kind top-k, which has no directions of its own: a fraction chooses them`,
  ]);
  assert.match(await screen(wrong), 'Name a subspace of kind difference');
  assert.equal(await problems(changed('add: refusal', 'add: refusl')), [`${at}:19: there is no subspace "refusl"`]);
  assert.equal(await problems(changed('to: aligned, times', 'to: alined, times')), [
    `${at}:32: there is no model "alined"`,
  ]);
  assert.match((await problems(changed(', times: -1.5', ''))).join('\n'), 'times');
  assert.match((await problems(changed('times: -1.5', 'times: much'))).join('\n'), 'times');
  assert.match((await problems(changed('times: -1.5', 'times: 1, rank: 1'))).join('\n'), 'rank');
});

test('a direction that is taken from a model cannot be added to make it', async () => {
  const circle = changed('model: aligned, prompts', 'model: steered, prompts');
  assert.match((await problems(circle)).join('\n'), 'a model is made from itself: steered ← steered');
});

test.run();
