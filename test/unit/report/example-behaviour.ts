import { activationColumns } from '../../../src/report/tables/activations.js';
import { claimColumns } from '../../../src/report/tables/claims.js';
import { writeTable } from '../../../src/report/tables/csv.js';
import { type EvaluationRow, evaluationColumns } from '../../../src/report/tables/evaluation.js';
import { lossColumns } from '../../../src/report/tables/loss.js';

/** A number between −0.5 and 0.5 that depends on what it is of. */
export type Noise = (...of: readonly (string | number)[]) => number;

/** Accuracy and a judge's score of the models beside two updates, and of the updates projected. */
export function evaluationCsv(
  [useful, harmful]: readonly [string, string],
  subspaces: readonly string[],
  fractions: readonly number[],
  noise: Noise,
): string {
  const metrics = [
    { metric: 'utility', least: 0, most: 1, n: 400, invalid: 0 },
    { metric: 'harmfulness', least: 1, most: 5, n: 318, invalid: 2 },
    { metric: 'harmfulness.share-of-5', least: 0, most: 1, n: 318, invalid: 2 },
  ];
  const models: Record<string, readonly [number, number, number]> = {
    base: [0.07, 2.61, 0.31],
    aligned: [0.31, 1.12, 0.02],
    [useful]: [0.58, 1.64, 0.11],
    [harmful]: [0.24, 4.21, 0.71],
  };
  const projected = {
    update: '',
    subspace: '',
    seed: null,
    mode: '',
    side: '',
    fraction: null,
    rank: null,
    times: null,
  };
  const rows: EvaluationRow[] = [];
  metrics.forEach(({ metric, least, most, n, invalid }, index) => {
    const counted = { metric, n, invalid, stderr: null };
    const interval = (value: number) => {
      const half = 0.04 * (most - least);
      return { value, ci_low: Math.max(least, value - half), ci_high: Math.min(most, value + half) };
    };
    for (const [model, values] of Object.entries(models)) {
      rows.push({ ...projected, ...counted, model, ...interval(values[index]!) });
    }
    for (const update of [useful, harmful]) {
      const [before, after] = [models.aligned![index]!, models[update]![index]!];
      for (const [kind, subspace] of subspaces.entries()) {
        for (const seed of kind === 0 ? [null] : [1, 2, 3]) {
          for (const fraction of fractions) {
            const share =
              fraction ** (kind === 0 ? 0.5 : 1.1) + 0.1 * noise(metric, update, subspace, seed ?? 0, fraction);
            const value = Math.min(most, Math.max(least, before + share * (after - before)));
            const of = {
              model: '',
              update,
              subspace,
              seed,
              mode: 'parallel',
              side: 'right',
              fraction,
              rank: null,
              times: null,
            };
            rows.push({ ...of, ...counted, ...interval(value) });
          }
        }
      }
    }
  });
  return writeTable(evaluationColumns, rows);
}

/** Three pairs of sets of prompts in three models of so many layers. */
export function activationsCsv(
  models: readonly string[],
  layers: number,
  energies: readonly number[],
  noise: Noise,
): string {
  const rows = models.flatMap((model) =>
    ['math:beavertails', 'math:toxigen', 'beavertails:toxigen'].flatMap((pair, index) =>
      Array.from({ length: layers + 1 }, (_, layer) =>
        energies.map((energy) => {
          const k = Math.max(1, Math.round(64 * energy ** 3));
          const excess = (0.3 + 0.15 * index + 0.1 * noise(model, pair, layer)) * Math.min(1, 0.4 + layer / layers);
          const in_window = layer >= 0.65 * layers && layer <= 0.9 * layers ? 1 : 0;
          const measured = { overlap: Math.min(1, k / 64 + excess * (1 - k / 64)), baseline: k / 64 };
          return { model, pair, layer, energy, k_a: k, k_b: k, d: 64, ...measured, metric: 'activations', in_window };
        }),
      ).flat(),
    ),
  );
  return writeTable(activationColumns, rows);
}

/** The five kinds of claims, with every verdict and kind of condition. */
export function claimsCsv([useful, harmful]: readonly [string, string], subspaces: readonly string[]): string {
  const condition = {
    above: { holds_above: 0, holds_below: null },
    most: { holds_above: null, holds_below: 0.05 },
    within: { holds_above: -0.1, holds_below: 0.1 },
  };
  const finding = (
    verdict: string,
    effect: number | null,
    ci_low: number | null,
    ci_high: number | null,
    n: number,
    note = '',
  ) => ({
    verdict,
    effect,
    ci_low,
    ci_high,
    n,
    note,
  });
  const claims = [
    {
      claim: 'energy-is-linear',
      kind: 'linear-energy',
      condition: condition.most,
      cases: subspaces.map((subspace, index) => ({
        case: `${useful} in ${subspace}`,
        ...(index === 0 ? finding('fails', 0.208, 0.181, 0.232, 14) : finding('holds', 0.011, 0.006, 0.019, 14)),
      })),
    },
    {
      claim: 'top-k-is-stronger',
      kind: 'stronger-than-random',
      condition: condition.above,
      cases: [
        { case: `${useful}: top-k above random-k`, ...finding('holds', 0.108, 0.061, 0.149, 400) },
        { case: `${harmful}: top-k above random-k`, ...finding('undecided', 0.021, -0.024, 0.063, 400) },
      ],
    },
    {
      claim: 'both-fall',
      kind: 'falling-together',
      condition: condition.within,
      cases: [
        {
          case: `${useful}, top-k: utility falls as harmfulness does`,
          ...finding('undecided', null, null, null, 0, 'harmfulness was not measured'),
        },
      ],
    },
    {
      claim: 'above-chance',
      kind: 'above-baseline',
      condition: condition.above,
      cases: [{ case: `${useful}:${harmful}`, ...finding('holds', 0.312, 0.271, 0.349, 33) }],
    },
  ];
  const rows = claims.flatMap(({ claim, kind, condition: wanted, cases }) => [
    { claim, kind, ...wanted, ...cases.at(-1)!, case: '' },
    ...cases.map((one) => ({ claim, kind, ...wanted, ...one })),
  ]);
  return writeTable(claimColumns, rows);
}

/** Loss that falls, one model in few steps and one in many. */
export function lossCsv(models: readonly string[], noise: Noise): string {
  const rows = models.flatMap((model, index) =>
    Array.from({ length: index === 0 ? 1450 : 125 }, (_, at) => ({
      model,
      step: at + 1,
      loss: 0.2 + 3 / (1 + at / 20) + 0.3 * noise(model, at),
      learning_rate: 1e-5 * (1 - at / 1450),
      gradient_norm: 1 + noise(model, 'norm', at),
      tokens: 9000 + at,
    })),
  );
  return writeTable(lossColumns, rows);
}
