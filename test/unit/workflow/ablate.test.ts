import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { load, problems, screen } from './loading.js';

/** Models out of whose weights directions are taken. */

const text = `runflow: 1
models:
  base: { path: base }
  aligned: { path: aligned }
  open: { ablate: aligned, direction: refusal }
datasets:
  harmful: { path: harmful.jsonl }
  harmless: { path: harmless.jsonl }
updates:
  alignment: { from: base, to: aligned }
subspaces:
  refusal: { kind: difference, model: aligned, prompts: [harmful, harmless], layer: 14 }
  top-k: { kind: top-k, of: alignment }
metrics:
  nll: { kind: loss, on: harmless, models: open }
`;

function changed(...changes: readonly (readonly [from: string, to: string])[]): { 'lab/main.yaml': string } {
  let result = text;
  for (const [from, to] of changes) {
    assert.ok(result.includes(from), from);
    result = result.replace(from, () => to);
  }
  return { 'lab/main.yaml': result };
}

test('an ablated model names a model and a subspace; all directions are taken out of all tensors, unless told', async () => {
  const { range: _, ...open } = (await load(changed())).models.get('open')!;
  assert.equal(open, {
    name: 'open',
    kind: 'ablate',
    model: 'aligned',
    subspace: 'refusal',
    rank: null,
    except: [],
  });
  const told = await load(changed(['direction: refusal', 'direction: refusal, rank: 2, except: ["model.layers.0.*"]']));
  const { rank, except } = told.models.get('open') as unknown as Record<string, unknown>;
  assert.equal([rank, except], [2, ['model.layers.0.*']]);
});

test('what cannot be taken out is refused where it stands', async () => {
  const at = 'lab/main.yaml:5';
  const wrong = changed(['direction: refusal', 'direction: top-k']);
  assert.equal(await problems(wrong), [
    `${at}:39: the subspace "top-k" is of kind top-k, which has no directions of its own: a fraction chooses them`,
  ]);
  assert.match(await screen(wrong), 'Name a subspace of kind difference');
  assert.equal(await problems(changed(['direction: refusal', 'direction: refusl'])), [
    `${at}:39: there is no subspace "refusl"`,
  ]);
  assert.equal(await problems(changed(['ablate: aligned', 'ablate: alined'])), [
    `${at}:19: there is no model "alined"`,
  ]);
  assert.match((await problems(changed(['direction: refusal', 'direction: refusal, rank: 0']))).join('\n'), 'rank');
  assert.match(
    (await problems(changed(['direction: refusal', 'direction: refusal, except: []']))).join('\n'),
    'except',
  );
  assert.match((await problems(changed([', direction: refusal', '']))).join('\n'), 'direction');
});

test('a model cannot be ablated by a direction that is taken from itself', async () => {
  const circle = changed(['model: aligned, prompts', 'model: open, prompts']);
  assert.match((await problems(circle)).join('\n'), 'a model is made from itself: open ← open');
});

test.run();
