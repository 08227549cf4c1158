import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { boundsOf, readEvaluation } from '../../../../src/report/evaluation.js';
import { evaluationFile, updates } from './evaluation-csv.js';
import { bodyRows, sectionOf } from './one-section.js';

const models = [
  { model: 'aligned', value: 0.3 },
  { model: 'tuned', value: 0.6 },
];
const varied = [
  { model: 'resta', times: 1, value: 0.5, ci_low: 0.4, ci_high: 0.7 },
  { model: 'resta', times: -0.5, value: 0.2, ci_low: 0.1, ci_high: 0.3 },
  { model: 'resta', times: 0, value: null },
];
const params = { updates, varied: [{ model: 'resta', text: 'tuned + t · safety', beside: ['tuned'] }] };

test('a model along multiples of a term has a figure and a table, and is no whole model', async () => {
  const { section, text } = await sectionOf('behaviour', evaluationFile(...models, ...varied), params);
  assert.match(text, 'Behaviour against the multiple of a term');
  assert.match(text, 'utility: resta = tuned + t · safety');
  const dots = [...section.querySelectorAll('.panel svg g[data-mark="dot"] title')].map((one) => one.textContent);
  assert.equal(dots, ['t = -0.5: 0.200 (0.100–0.300)', 't = 1: 0.500 (0.400–0.700)']);
  const labels = [...section.querySelectorAll('.panel svg text')].map(({ textContent }) => textContent);
  assert.ok(labels.some((label) => label.startsWith('tuned')));
  assert.not.ok(labels.some((label) => label.startsWith('aligned')));
  assert.equal(bodyRows(section), [
    ['aligned', '0 of 10', '0.300'],
    ['tuned', '0 of 10', '0.600'],
    ['resta', 'tuned + t · safety', '0.2000.100–0.300', '–', '0.5000.400–0.700'],
  ]);
});

test('without such a model there is neither', async () => {
  const { text } = await sectionOf('behaviour', evaluationFile(...models), { updates });
  assert.not.ok(text.includes('multiple of a term') || text.includes('by times'));
});

test('points of a term count for the range of a metric', () => {
  const high = { model: 'resta', times: 2, value: 3 };
  const { 'evaluation.csv': csv } = evaluationFile(...models, high);
  assert.equal(boundsOf('utility', readEvaluation(new Map([['evaluation.csv', csv]]))), { least: 0 });
});

test.run();
