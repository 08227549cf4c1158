import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { load, problems } from './loading.js';
import { publishedTexts, shippedTexts } from './shipped-files.js';

/** An experiment with published.yaml over it, as that file says. */
const over = (experiment: string, profile: string) => load(publishedTexts(experiment), { profile });

for (const experiment of ['exp1', 'exp2', 'exp3', 'exp4']) {
  test(`published.yaml changes what ${experiment} states to what the published scripts do, with a real profile`, async () => {
    const { recipes, models, metrics, datasets, semantics, name } = await over(experiment, 'qwen2.5-1.5b');
    assert.equal([semantics, name], ['reference', 'published']);
    assert.is(recipes.get('full')!.weightDecay, 0.01);
    const contaminated = models.get('contaminated')!;
    assert.is(contaminated.kind === 'train' && contaminated.on, 'contaminated-published');
    const harmfulness = metrics.get('harmfulness')!;
    assert.ok(harmfulness.kind === 'judge' && harmfulness.judge.kind === 'openai');
    assert.is(harmfulness.template, 'raw');
    assert.is(harmfulness.judge.temperature, 'default');
    for (const prompts of ['math', 'toxigen', 'beavertails']) {
      const { sample, take } = datasets.get(prompts)!.transforms;
      assert.equal([sample, take], [123, 5000], prompts);
    }
    const activations = metrics.get('activations');
    if (experiment !== 'exp4') assert.is(activations, undefined);
    else assert.ok(activations?.kind === 'activation-mso' && activations.template === 'raw');
  });
}

test('the toy world can be laid over it, too', async () => {
  const { recipes, models } = await over('exp2', 'toy');
  assert.is(recipes.get('full')!.weightDecay, 0);
  const contaminated = models.get('contaminated')!;
  assert.is(contaminated.kind === 'train' && contaminated.on, 'contaminated-published');
});

test('without it the experiments state what the paper says', async () => {
  const texts = { ...shippedTexts(), 'lab/main.yaml': 'runflow: 1\nname: paper\ninclude: [exp4.yaml]\n' };
  const { recipes, metrics, datasets, models } = await load(texts, { profile: 'qwen2.5-1.5b' });
  assert.is(recipes.get('full')!.weightDecay, 0);
  const contaminated = models.get('contaminated')!;
  assert.is(contaminated.kind === 'train' && contaminated.on, 'contaminated');
  assert.is(datasets.get('math')!.transforms.sample, undefined);
  const activations = metrics.get('activations');
  assert.ok(activations?.kind === 'activation-mso' && activations.template === 'alpaca');
});

test('a sample has an order of its own: shuffle and skip beside it are refused, and so are any and not together', async () => {
  const dataset = (how: string) => ({ 'lab/main.yaml': `runflow: 1\ndatasets:\n  d: { path: d.jsonl, ${how} }\n` });
  assert.match(
    (await problems(dataset('sample: 1, take: 2, shuffle: 3'))).join(),
    /a sample has an order of its own: shuffle/,
  );
  assert.match(
    (await problems(dataset('sample: 1, take: 2, skip: 3'))).join(),
    /a sample has an order of its own: skip/,
  );
  assert.match(
    (await problems(dataset('where: { c: { any: [x], not: y } }'))).join(),
    /"any" and "not" cannot be asked of column c together/,
  );
});

test.run();
