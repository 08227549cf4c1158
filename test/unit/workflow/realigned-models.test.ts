import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { load, screen } from './loading.js';

/** Models whose update is moved towards an alignment. */

const text = `runflow: 1
models:
  base: { path: base }
  aligned: { path: aligned }
  tuned: { path: tuned }
  safe: { path: safe }
  made: { realign: tuning, against: alignment, method: safelora }
updates:
  alignment: { from: base, to: aligned }
  tuning: { from: aligned, to: tuned }
  safety: { from: aligned, to: safe }
`;

const made = (rest: string) => ({
  'lab/main.yaml': text.replace('method: safelora }', `${rest} }`),
});

async function ruleOf(rest: string): Promise<unknown> {
  const { models } = await load(made(rest));
  const { rule, safe } = models.get('made') as unknown as { rule: unknown; safe?: unknown };
  return safe === undefined ? rule : { rule, safe };
}

test('the defaults are those of the published code', async () => {
  assert.equal(await ruleOf('method: safelora'), { method: 'safelora', lowest: 10 });
  assert.equal(await ruleOf('method: safelora, lowest: 3'), { method: 'safelora', lowest: 3 });
  assert.equal(await ruleOf('method: safelora, threshold: 0.5'), { method: 'safelora', threshold: 0.5 });
  assert.equal(await ruleOf('method: safemerge, safe: safety'), {
    rule: { method: 'safemerge', threshold: 0.35 },
    safe: { update: 'safety', share: 0.2 },
  });
});

for (const [what, rest, says] of [
  ['both a threshold and a number', 'method: safelora, threshold: 0.5, lowest: 3', /threshold and lowest both say/],
  ['a safe update for SafeLoRA', 'method: safelora, safe: safety', /safe belongs to safemerge/],
  ['a share for SafeLoRA', 'method: safelora, share: 0.1', /share belongs to safemerge/],
  ['a number for SafeMERGE', 'method: safemerge, safe: safety, lowest: 2', /lowest belongs to safelora/],
  ['SafeMERGE without a safe update', 'method: safemerge', /none is named\n.*\n.*\n.*Add safe: UPDATE/],
  ['an update that is not there', 'method: safemerge, safe: saftey', /"saftey".*\n.*\n.*\n.*"safety"/],
  ['a cosine beyond 1', 'method: safelora, threshold: 1.5', /threshold/],
  ['another method', 'method: safe-lora', /"safe-lora".*\n.*\n.*\n.*"safelora"/],
  ['no tensor at all', 'method: safelora, lowest: 0', /lowest/],
] as const) {
  test(`refused: ${what}`, async () => {
    const shown = await screen(made(rest));
    assert.match(shown, /^lab\/main\.yaml:7:\d+: error: /);
    assert.match(shown, says);
  });
}

test('a model that is made of itself is refused', async () => {
  const files = { 'lab/main.yaml': text.replace('to: tuned }', 'to: made }') };
  assert.match(await screen(files), /made/);
});

test.run();
