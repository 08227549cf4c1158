import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluationFile, updates } from './evaluation-csv.js';
import { bodyRows, hostile, isHarmless, sectionOf, spaced } from './one-section.js';

const tradeOff = { useful: ['utility'], harmful: ['harm'] };
const of = (model: string, utility: number, harm: number) => [
  { model, metric: 'utility', value: utility, ci_low: utility - 0.05, ci_high: utility + 0.05 },
  { model, metric: 'harm', value: harm, ci_low: harm - 0.2, ci_high: harm + 0.2 },
];
const three = [...of('base', 0.2, 4.5), ...of('aligned', 0.6, 1.3), ...of('tuned', 0.7, 3)];

test('a row a model and a column a metric, and a named point a model that has both', async () => {
  const alone = { model: 'aligned', metric: 'nll', value: 2.5 };
  const { section } = await sectionOf('trade-off', evaluationFile(...three, alone), { updates, tradeOff });
  assert.equal(bodyRows(section), [
    ['base', '0.2000.150–0.250', '4.5004.300–4.700', '–'],
    ['aligned', '0.6000.550–0.650', '1.3001.100–1.500', '2.500'],
    ['tuned', '0.7000.650–0.750', '3.0002.800–3.200', '–'],
  ]);
  const heads = [...section.querySelectorAll('thead th')].map(spaced);
  assert.equal(heads, ['model', 'utility', 'harm', 'nll']);
  const panels = [...section.querySelectorAll('.panel')];
  assert.is(panels.length, 1);
  const labels = [...panels[0]!.querySelectorAll('svg text')].map(({ textContent }) => textContent);
  for (const name of ['base', 'aligned', 'tuned'])
    assert.ok(
      labels.some((label) => label.startsWith(name)),
      name,
    );
});

test('a model that lacks one of the two metrics has no point, and one model alone is not compared', async () => {
  const rows = [...of('aligned', 0.6, 1.3), { model: 'tuned', metric: 'utility', value: 0.7 }];
  const { section } = await sectionOf('trade-off', evaluationFile(...rows), { updates, tradeOff });
  assert.is(section.querySelectorAll('.panel').length, 0);
  assert.match(section.textContent, /no two models that both have a useful and a harmful metric/);
});

test('names do nothing in the page', async () => {
  const rows = [...of(hostile, 0.2, 4.5), ...of('aligned', 0.6, 1.3)];
  const { document } = await sectionOf('trade-off', evaluationFile(...rows), { updates, tradeOff });
  assert.ok(isHarmless(document));
});

test.run();
