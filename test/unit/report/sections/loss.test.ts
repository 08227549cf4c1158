import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LossTable } from '../../../../src/report/tables/loss.js';
import { bodyRows, hostile, isHarmless, sectionOf } from './one-section.js';

const at = (step: number, loss = 2) => ({ step, loss, learningRate: 1e-4 / step, gradientNorm: step, tokens: 1000 });
function losses(models: Readonly<Record<string, ReturnType<typeof at>[]>>) {
  const table = new LossTable();
  for (const [model, curve] of Object.entries(models)) table.add({ model }, curve);
  return { 'loss.csv': table.csv() };
}

test('the table has every step of every model', () => {
  assert.is(
    losses({ a: [at(1, 3), at(2, 2.5)], b: [at(1)] })['loss.csv'],
    'model,step,loss,learning_rate,gradient_norm,tokens\n' +
      'a,1,3,0.0001,1,1000\na,2,2.5,0.00005,2,1000\nb,1,2,0.0001,1,1000\n',
  );
  assert.is(losses({})['loss.csv'], 'model,step,loss,learning_rate,gradient_norm,tokens\n');
});

test('a loss that is not finite is refused', () => {
  assert.throws(() => losses({ a: [at(1, Number.NaN)] }), /cannot hold the number NaN/);
});

test('each model has a panel and a row with what its training was like', async () => {
  const { section } = await sectionOf('loss', losses({ a: [at(1, 3), at(2, 1)], b: [at(1)] }));
  assert.equal(
    [...section.querySelectorAll('h4')].map(({ textContent }) => textContent),
    ['a', 'b'],
  );
  assert.equal(bodyRows(section), [
    ['a', '2', '2,000', '3.000', '1.000', '1.000', '1.0 × 10⁻⁴', '2'],
    ['b', '1', '1,000', '2.000', '2.000', '2.000', '1.0 × 10⁻⁴', '1'],
  ]);
});

test('ten thousand steps are drawn as at most two hundred points with the range of those they stand for', async () => {
  const steps = Array.from({ length: 10_001 }, (_, index) => at(index + 1, 2 + (index % 2)));
  const files = losses({ long: steps, short: [at(1)] });
  assert.is(files['loss.csv'].trimEnd().split('\n').length, 1 + 10_002);
  const { section, text } = await sectionOf('loss', files);
  assert.match(text, 'Each point is the mean of 51 steps of long; bands span the lowest and highest of them.');
  const href = section.querySelector('a[download="loss-curves.csv"]')!.getAttribute('href')!;
  const points = Buffer.from(href.slice(href.indexOf(',') + 1), 'base64')
    .toString('utf8')
    .trimEnd()
    .split('\n');
  assert.is(points.length, 1 + 197 + 1);
  assert.is(points[1], `long,1,51,${(26 * 2 + 25 * 3) / 51},2,3`);
  assert.ok(section.querySelector('.panel')!.innerHTML.length < 30_000);
});

test('steps whose numbers are missing leave gaps, not zeros', async () => {
  const csv = 'model,step,loss,learning_rate,gradient_norm,tokens\na,1,,,,\na,2,1.5,,,\nb,1,,,,\n';
  const { section, text } = await sectionOf('loss', { 'loss.csv': csv });
  assert.equal(bodyRows(section), [
    ['a', '2', '–', '1.500', '1.500', '1.500', '–', '–'],
    ['b', '1', '–', '–', '–', '–', '–', '–'],
  ]);
  assert.not.match(text, /NaN|undefined|Infinity/);
});

test('names are text', async () => {
  const { document } = await sectionOf('loss', losses({ [hostile]: [at(1), at(2)] }));
  assert.ok(isHarmless(document));
});

test.run();
