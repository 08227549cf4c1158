import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { load, problems } from './loading.js';

const lab = (metric: string) => ({
  'lab/main.yaml': `runflow: 1
models: { base: { path: base } }
datasets: { asked: { path: asked.jsonl }, verdicts: { path: verdicts.csv } }
metrics: { m: { kind: imported, on: asked, from: verdicts, ${metric} } }
`,
});

test('imported scores have columns by their names, and items by position', async () => {
  const { range: _, ...metric } = (await load(lab('models: base'))).metrics.get('m')!;
  assert.equal(metric, {
    name: 'm',
    kind: 'imported',
    on: 'asked',
    models: ['base'],
    from: 'verdicts',
    model: 'model',
    item: 'item',
    score: 'score',
    id: null,
    bounds: null,
    limit: null,
  });
});

test('imported scores need models, a dataset of scores and a range that rises', async () => {
  assert.match((await problems(lab('range: [0, 1]')))[0]!, /lacks "models"/);
  assert.match((await problems(lab('models: none')))[0]!, /there is no model "none"/);
  assert.match((await problems(lab('models: base, range: [1, 1]')))[0]!, /from a lower number to a higher one/);
});

test.run();
