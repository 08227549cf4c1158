import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { behaviourSection } from '../../../../src/report/sections/behaviour.js';
import { writeTable } from '../../../../src/report/tables/csv.js';
import { energyColumns } from '../../../../src/report/tables/energy.js';
import { evaluationColumns } from '../../../../src/report/tables/evaluation.js';

const projected = { update: 'tuning', subspace: 'top-k', seed: null, mode: 'parallel', side: 'right', rank: null };

test('scores that depend on a training seed stand at the energy of an update that depends on none', () => {
  const energies = [0.25, 0.5].map((fraction) => ({
    ...projected,
    fraction,
    energy_kept: fraction,
    energy_realised: fraction,
    update_energy: 1,
    cosine_projected: null,
    cosine_alignment: null,
  }));
  const scores = [0.25, 0.5].flatMap((fraction) =>
    [1, 2].map((training_seed) => ({
      ...projected,
      model: '',
      fraction,
      metric: 'utility',
      value: training_seed / 10,
      ci_low: null,
      ci_high: null,
      n: 9,
      invalid: 0,
      stderr: null,
      times: null,
      training_seed,
    })),
  );
  const files = new Map([
    ['energy.csv', writeTable(energyColumns, energies)],
    ['evaluation.csv', writeTable(evaluationColumns, scores)],
  ]);
  const updates = [{ name: 'tuning', from: 'base', to: 'tuned' }];
  const figures = behaviourSection.figures({ params: { files: [...files.keys()], updates }, files });
  const [panel] = figures.find(({ name }) => name === 'behaviour-by-energy')!.panels;
  assert.ok(panel?.kind === 'lines');
  assert.equal(
    panel.series[0]!.points.map(({ x, y }) => [x, Number(y.toFixed(6))]),
    [
      [0.25, 0.15],
      [0.5, 0.15],
    ],
  );
});

test.run();
