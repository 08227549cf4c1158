import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluationFile, point, updates } from './evaluation-csv.js';
import { bodyRows, hostile, isHarmless, sectionOf, spaced } from './one-section.js';

const ends = [
  { model: 'aligned', value: 0.2 },
  { model: 'tuned', value: 0.6 },
  { model: 'aligned', metric: 'harmfulness', value: 1 },
  { model: 'tuned', metric: 'harmfulness', value: 5 },
];

test('changes are counted in units of what the whole update changes', async () => {
  const files = evaluationFile(...ends, point(0.3), point(4, { metric: 'harmfulness' }));
  const { section, text } = await sectionOf('selectivity', files, { updates });
  assert.equal(bodyRows(section), [
    ['useful', 'parallel', 'top-k', 'utility', '0.4', '0.250'],
    ['useful', 'parallel', 'top-k', 'harmfulness', '4', '0.750'],
  ]);
  assert.is(spaced(section.querySelector('.panel h4')!), 'Update useful, parallel: harmfulness against utility');
  assert.match(text, 'Whole changes: utility of useful 0.200 to 0.600, harmfulness of useful 1.000 to 5.000.');
  assert.match(text, 'top-k 0.750 against 0.250');
});

test('seeds are changed one by one and then averaged, also beyond both ends', async () => {
  const seeds = [
    point(0.1, { seed: 1 }),
    point(0.7, { seed: 2 }),
    point(3, { metric: 'harmfulness', seed: 1 }),
    point(null, { metric: 'harmfulness', seed: 2 }),
  ];
  const { section } = await sectionOf('selectivity', evaluationFile(...ends, ...seeds), { updates });
  assert.equal(
    bodyRows(section).map((row) => row.at(-1)),
    ['0.500−0.250 to 1.250', '0.500'],
  );
});

test('a metric that the whole update leaves as it was has no panel, and a note says why', async () => {
  const files = evaluationFile(
    ...ends.slice(0, 2),
    { model: 'aligned', metric: 'harmfulness', value: 1 },
    { model: 'tuned', metric: 'harmfulness', value: 1 },
    ...[point(0.3), point(1.5, { metric: 'harmfulness' })],
  );
  const { section, text } = await sectionOf('selectivity', files, { updates });
  assert.is(section.querySelectorAll('.panel').length, 0);
  assert.equal(bodyRows(section).length, 1);
  assert.match(text, 'useful leaves harmfulness at 1.000: there is no unit for its changes.');
  assert.match(text, 'There are no two metrics of one projected update to compare.');
  assert.not.match(text, /NaN|undefined|Infinity/);
});

test('nothing is counted in units of a change within noise, and a note says so', async () => {
  const end = (model: string, value: number, half: number) => ({
    model,
    value,
    ci_low: value - half,
    ci_high: value + half,
  });
  const panels = async (half: number) => {
    const files = evaluationFile(
      ...[end('aligned', 0.2, half), end('tuned', 0.3, half)],
      ...ends.slice(2),
      ...[point(0.28), point(4, { metric: 'harmfulness' })],
    );
    return sectionOf('selectivity', files, { updates });
  };
  const noisy = await panels(0.06);
  assert.is(noisy.section.querySelectorAll('.panel').length, 0);
  assert.equal(bodyRows(noisy.section).map((row) => row[3]), ['harmfulness']); // biome-ignore format: one line
  assert.match(
    noisy.text,
    'useful moves utility from 0.200 to 0.300, whose intervals overlap: a change within noise is not a unit.',
  );
  const clear = await panels(0.04);
  assert.equal(bodyRows(clear.section)[0], ['useful', 'parallel', 'top-k', 'utility', '0.1', '0.800']);
  assert.match(
    clear.text,
    'Of harmfulness there are no intervals: whether its change is more than noise is not known.',
  );
});

test('an end that was not measured is named', async () => {
  const files = evaluationFile({ model: 'aligned', value: 0.2 }, point(0.3));
  const { text } = await sectionOf('selectivity', files, { updates });
  assert.match(text, 'utility was not measured of tuned: there is no unit for what useful changes.');
});

test('three metrics make three pairs, shares of highest scores none, and modes stand apart', async () => {
  const metrics = ['utility', 'harmfulness', 'loss', 'harmfulness.share-of-5'];
  const files = evaluationFile(
    ...metrics.flatMap((metric) => [
      { model: 'aligned', metric, value: 1 },
      { model: 'tuned', metric, value: 2 },
      ...['parallel', 'orthogonal'].flatMap((mode) => [
        point(1.2, { metric, mode, fraction: 0.25 }),
        point(1.8, { metric, mode, fraction: 0.75 }),
      ]),
    ]),
  );
  const { section } = await sectionOf('selectivity', files, { updates });
  assert.is(section.querySelectorAll('.panel').length, 6);
});

test('fractions and ranks are paths, panels and tables of their own', async () => {
  const [harm, one] = [{ metric: 'harmfulness' }, { rank: 1 }];
  const files = evaluationFile(
    ...ends,
    ...[point(0.3), point(4, harm), point(0.25, one), point(2, { ...harm, ...one })],
    ...[point(0.5, { rank: 100 }), point(3, { ...harm, rank: 100 })],
  );
  const { section, text } = await sectionOf('selectivity', files, { updates });
  assert.equal([...section.querySelectorAll('.panel h4')].map(spaced), [
    'Update useful, parallel: harmfulness against utility',
    'Update useful, parallel: harmfulness against utility, by rank',
  ]);
  assert.equal(bodyRows(section), [
    ['useful', 'parallel', 'top-k', 'utility', '0.4', '0.250'],
    ['useful', 'parallel', 'top-k', 'harmfulness', '4', '0.750'],
    ['useful', 'parallel', 'top-k', 'utility', '0.4', '0.125', '0.750'],
    ['useful', 'parallel', 'top-k', 'harmfulness', '4', '0.250', '0.500'],
  ]);
  for (const said of ['joins the fractions or ranks of', 'At ρ = 0.5:', 'At k = 1:', 'top-k 0.250 against 0.125'])
    assert.ok(text.includes(said), said);
});

test('names are text', async () => {
  const metrics = [hostile, `${hostile}2`];
  const files = evaluationFile(
    ...metrics.flatMap((metric) => [
      { model: hostile, metric, value: 1 },
      { model: 'tuned', metric, value: 2 },
      point(1.5, { metric, update: hostile, subspace: hostile }),
    ]),
  );
  const { document, section } = await sectionOf('selectivity', files, {
    updates: [{ name: hostile, from: hostile, to: 'tuned' }],
  });
  assert.is(section.querySelectorAll('.panel').length, 1);
  assert.ok(isHarmless(document));
});

test.run();
