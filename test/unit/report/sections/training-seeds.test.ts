import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { activationColumns } from '../../../../src/report/tables/activations.js';
import { claimColumns } from '../../../../src/report/tables/claims.js';
import { type RowOf, type TableColumns, writeTable } from '../../../../src/report/tables/csv.js';
import { energyColumns } from '../../../../src/report/tables/energy.js';
import { evaluationColumns } from '../../../../src/report/tables/evaluation.js';
import { lossColumns } from '../../../../src/report/tables/loss.js';
import { overlapColumns } from '../../../../src/report/tables/overlap.js';
import { bodyRows, sectionOf } from './one-section.js';

/** Tables of models that were trained with several seeds, and what the page makes of them. */

const trainingSeeds = [3, 8, 9];
const fractions = [0.25, 0.75];

/** Energy of an update: in the alignment's subspace, in a random one with two seeds, and of an update without training seeds. */
const kept = (seed: number, fraction: number) => fraction * (seed === 3 ? 0.8 : seed === 8 ? 0.9 : 1);
const keptAtRandom = (seed: number, fraction: number, random: number) => kept(seed, fraction) / (1 + random);

function energyFile(): string {
  const row = (of: Partial<RowOf<typeof energyColumns>>, energy: number): RowOf<typeof energyColumns> => ({
    update: 'useful',
    subspace: 'top-k',
    seed: null,
    mode: 'parallel',
    side: 'right',
    fraction: null,
    energy_kept: energy,
    energy_realised: energy,
    update_energy: 1,
    cosine_projected: null,
    cosine_alignment: null,
    rank: null,
    training_seed: null,
    ...of,
  });
  const ofSeeds = trainingSeeds.flatMap((training_seed) =>
    fractions.flatMap((fraction) => [
      row({ fraction, training_seed }, kept(training_seed, fraction)),
      ...[1, 2].map((seed) =>
        row({ subspace: 'random', seed, fraction, training_seed }, keptAtRandom(training_seed, fraction, seed)),
      ),
    ]),
  );
  const still = fractions.map((fraction) => row({ update: 'still', fraction }, fraction));
  return writeTable(energyColumns, [...ofSeeds, ...still]);
}

/** Mean and sample standard deviation by their definitions, as the page writes them. */
function meanText(values: readonly number[]): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return `${mean.toFixed(3)} ± ${Math.sqrt(squares / (values.length - 1)).toFixed(3)} (${values.length})`;
}

test('energy: means and deviations are over training seeds, spans over those of the subspace', async () => {
  const { section, text } = await sectionOf('energy', { 'energy.csv': energyFile() });
  const rows = bodyRows(section);
  const topK = rows.find((cells) => cells[0] === 'useful' && cells[2] === 'top-k')!;
  assert.equal(
    topK.slice(4),
    fractions.map((fraction) => meanText(trainingSeeds.map((seed) => kept(seed, fraction)))),
  );
  const random = rows.find((cells) => cells[2] === 'random')!;
  assert.is(random[3], '2');
  for (const [at, fraction] of fractions.entries()) {
    const ofTraining = trainingSeeds.map((seed) => (kept(seed, fraction) / 2 + kept(seed, fraction) / 3) / 2);
    const ofSubspace = [1, 2].map((seed) => (kept(8, fraction) * 1) / (1 + seed));
    const span = [Math.min(...ofSubspace), Math.max(...ofSubspace)].map((end) => end.toFixed(3));
    assert.is(random[4 + at], `${meanText(ofTraining)}${span.join('–')}`);
  }
  const still = rows.find((cells) => cells[0] === 'still')!;
  assert.equal(still.slice(4), ['0.250', '0.750']);
  assert.match(
    text,
    /upright bars are the sample standard deviation over them, and fewer than 5 seeds give no interval/,
  );
  const bars = [...section.querySelectorAll('figure .panel svg g[data-mark="rule"]')].filter(
    (group) => group.getAttribute('stroke-width') === '2.2',
  );
  assert.is(bars.length, 2, 'one group of bars for each curve with training seeds');
  assert.is(bars[0]!.querySelectorAll('line').length, 2);
  const named = [...section.querySelectorAll('.legend li')].map((entry) => entry.getAttribute('data-series'));
  for (const group of bars)
    assert.ok(named.includes(group.getAttribute('class')), 'the legend knows whose bars they are');
});

test('without training seeds there is neither a bar nor a word of them', async () => {
  const without = writeTable(
    energyColumns,
    fractions.map((fraction) => ({
      update: 'still',
      subspace: 'top-k',
      seed: null,
      mode: 'parallel',
      side: 'right',
      fraction,
      rank: null,
      energy_kept: fraction,
      energy_realised: fraction,
      update_energy: 1,
      cosine_projected: null,
      cosine_alignment: null,
    })),
  );
  assert.not.match(without, /training_seed/);
  const { section, text } = await sectionOf('energy', { 'energy.csv': without });
  assert.not.match(text, /training/);
  assert.not.ok(
    [...section.querySelectorAll('g[data-mark="rule"]')].some((group) => group.getAttribute('stroke-width') === '2.2'),
  );
});

test('overlap: the deviation is of the mean over tensors, the band of the tensors', async () => {
  const overlaps = new Map([
    [3, [0.2, 0.4, 0.9]],
    [8, [0.3, 0.5, 0.7]],
  ]);
  const rows = [...overlaps].flatMap(([training_seed, values]) =>
    values.map((overlap, at) => ({
      pair: 'useful:harmful',
      tensor: `t${at}`,
      energy: 0.5,
      k_a: 2,
      k_b: 2 + (training_seed === 8 ? 1 : 0),
      d: 10,
      overlap,
      baseline: 0.1,
      training_seed,
    })),
  );
  const { section } = await sectionOf('overlap', { 'overlap.csv': writeTable(overlapColumns, rows) });
  const [cells] = bodyRows(section);
  assert.equal(cells!.slice(0, 3), ['useful – harmful', '3', `${meanText([0.5, 0.5])}0.100`]);
});

function evaluationFile(): string {
  const row = (of: Partial<RowOf<typeof evaluationColumns>>, value: number): RowOf<typeof evaluationColumns> => ({
    model: '',
    update: '',
    subspace: '',
    seed: null,
    mode: '',
    side: '',
    fraction: null,
    metric: 'utility',
    value,
    ci_low: value - 0.1,
    ci_high: value + 0.2,
    n: 40,
    invalid: 2,
    rank: null,
    stderr: null,
    times: null,
    ...of,
  });
  const projected = { update: 'useful', subspace: 'top-k', mode: 'parallel', side: 'right' };
  return writeTable(evaluationColumns, [
    row({ model: 'aligned' }, 0.3),
    ...trainingSeeds.flatMap((training_seed, at) => [
      row({ model: 'useful', training_seed }, 0.5 + 0.1 * at),
      ...fractions.map((fraction) => row({ ...projected, fraction, training_seed }, 0.4 + 0.1 * at * fraction)),
    ]),
  ]);
}

const updates = [{ name: 'useful', from: 'aligned', to: 'useful' }];

test('behaviour: a mean over training seeds beside intervals over items that are apart from it', async () => {
  const { section, text } = await sectionOf('behaviour', { 'evaluation.csv': evaluationFile() }, { updates });
  const rows = bodyRows(section);
  const cellsOf = (name: string, subspace?: string) =>
    rows.find((cells) => cells[0] === name && (subspace === undefined || cells[2] === subspace))!;
  assert.ok(cellsOf('aligned').includes('0.300 0.200–0.500'), cellsOf('aligned').join());
  const whole = rows.find((cells) => cells[0] === 'useful' && !cells.includes('top-k'))!;
  assert.ok(whole.includes(`${meanText([0.5, 0.6, 0.7])} 0.500–0.800`), whole.join());
  assert.ok(whole.includes('6 of 126'), whole.join());
  assert.is(cellsOf('useful', 'top-k').at(-1), `${meanText([0, 1, 2].map((at) => 0.4 + 0.1 * at * 0.75))}0.375–0.675`);
  assert.match(text, /Intervals over items are those of single training seeds, their ends averaged over the seeds/);
});

test('activations, losses and claims tell training seeds', async () => {
  const activations = trainingSeeds.flatMap((training_seed, at) =>
    [1, 2].map((layer) => ({
      model: 'useful',
      pair: 'a:b',
      layer,
      energy: 0.5,
      k_a: 1,
      k_b: 1,
      d: 8,
      baseline: 0.1,
      metric: 'm',
      in_window: 1,
      overlap: 0.2 + 0.1 * at + 0.01 * layer,
      training_seed,
    })),
  );
  const shown = await sectionOf('activations', { 'activations.csv': writeTable(activationColumns, activations) });
  assert.is(bodyRows(shown.section)[0]!.at(-1), `${meanText([0.215, 0.315, 0.415])}0.100`);

  const table = <C extends TableColumns>(columns: C, rows: readonly RowOf<C>[]) => writeTable(columns, rows);
  const losses = trainingSeeds.map((training_seed) => ({
    model: 'useful',
    step: 1,
    loss: 2,
    learning_rate: 1,
    gradient_norm: 1,
    tokens: 5,
    training_seed,
  }));
  const loss = await sectionOf('loss', { 'loss.csv': table(lossColumns, losses) });
  assert.equal(
    bodyRows(loss.section).map(([name]) => name),
    trainingSeeds.map((seed) => `useful, training seed ${seed}`),
  );

  const claim = { claim: 'c', kind: 'above-baseline', verdict: 'holds', effect: 1, ci_low: 0.5, ci_high: 2, n: 9 };
  const bounds = { holds_above: 0, holds_below: null, note: '' };
  const claims = await sectionOf('claims', {
    'claims.csv': table(claimColumns, [
      { ...claim, ...bounds, case: '', training_seed: null },
      ...trainingSeeds.map((training_seed) => ({ ...claim, ...bounds, case: 'useful:harmful', training_seed })),
    ]),
  });
  assert.match(claims.text, /useful – harmful, training seed 8/);
});

test.run();
