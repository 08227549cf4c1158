import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Behaviour } from '../../../../src/eval/behaviour.js';
import type { JudgedClaim } from '../../../../src/eval/claims/claim.js';
import type { Evidence, MeasuredOverlap, TensorEnergy } from '../../../../src/eval/claims/kind.js';
import { fractions, judge, normals, sweep } from './judged-claims.js';

const seeds = [4, 7];
const tensors = Array.from({ length: 40 }, (_, index) => `model.layers.${index}.mlp.up_proj.weight`);

/** Overlaps of a pair, seed by seed, or of none. */
function overlaps(pair: string, levels: ReadonlyMap<number | null, number>): MeasuredOverlap[] {
  return [...levels].flatMap(([training_seed, level]) =>
    tensors.map((unit, at) => {
      const noise = 0.01 * normals(tensors.length, `${pair} ${training_seed}`)[at]!;
      return { model: null, pair, unit, energy: 0.5, baseline: 0.1, training_seed, overlap: level + noise };
    }),
  );
}

const pairs = { models: [null], pairs: ['useful:harmful', 'still:alignment'], energies: [0.5] };
const overlap = [
  ...overlaps('useful:harmful', new Map([[4, 0.4], [7, 0.06]])), // biome-ignore format: one seed a pair of numbers
  ...overlaps('still:alignment', new Map([[null, 0.3]])),
];

/** Evidence of a run with one seed alone. */
function alone(evidence: Partial<Evidence>, seed: number): Partial<Evidence> {
  const kept = Object.entries(evidence).map(([table, rows]) => [
    table,
    (rows as readonly { training_seed?: number | null }[]).flatMap(({ training_seed: own = null, ...row }) =>
      own === null || own === seed ? [row] : [],
    ),
  ]);
  return Object.fromEntries(kept);
}

test('each training seed is a case, and what depends on none is one case', () => {
  const found = judge({ kind: 'above-baseline', of: pairs }, { overlap });
  assert.equal(
    found.map(({ case: name, trainingSeed = null, verdict }) => [name, trainingSeed, verdict]),
    [
      [null, null, 'fails'],
      ['useful:harmful', 4, 'holds'],
      ['useful:harmful', 7, 'fails'],
      ['still:alignment', null, 'holds'],
    ],
  );
  assert.match(found[0]!.note, /each of 2 training seeds is a case of its own/);
  assert.match(found[0]!.note, /these numbers are of training seed 7$/);
});

test('the cases of all seeds are one family: an interval is as wide as that of as many pairs', () => {
  const named = (pair: string) => overlap.filter((row) => row.pair === pair);
  const asPairs = [
    ...named('useful:harmful').map((row) => ({ ...row, pair: `of ${row.training_seed}`, training_seed: null })),
    ...named('still:alignment'),
  ];
  const ofPairs = judge(
    { kind: 'above-baseline', of: { ...pairs, pairs: ['of 4', 'of 7', 'still:alignment'] } },
    { overlap: asPairs },
  );
  const ofSeeds = judge({ kind: 'above-baseline', of: pairs }, { overlap });
  const numbers = ({ effect, low, high, n, verdict }: (typeof ofSeeds)[number]) => [effect, low, high, n, verdict];
  assert.equal(ofSeeds.map(numbers), ofPairs.map(numbers));
  const single = judge({ kind: 'above-baseline', of: pairs }, alone({ overlap }, 4));
  const width = ({ low, high }: (typeof single)[number]) => high! - low!;
  assert.ok(width(ofSeeds[1]!) >= width(single[1]!));
});

function behaviour(training_seed: number | null, of: Partial<Behaviour>, level: number): Behaviour {
  const none = { model: null, update: null, subspace: null, seed: null, mode: null, side: null, fraction: null };
  const difficulty = normals(500, 'difficulty');
  const own = normals(500, JSON.stringify([training_seed, of]));
  const values = Array.from(difficulty, (value, at) => (0.9 * value + 0.44 * own[at]! < 4 * level - 2 ? 1 : 0));
  return { metric: 'utility', ...none, bounds: [0, 1], values, training_seed, ...of };
}

const behaviours = (['utility', 'harm'] as const).flatMap((metric) => [
  behaviour(null, { metric, model: 'aligned' }, 0.2),
  ...seeds.flatMap((seed) => [
    behaviour(seed, { metric, model: 'useful' }, 0.8),
    ...['top-k', 'random'].flatMap((subspace) =>
      fractions.map((fraction) =>
        behaviour(
          seed,
          { metric, update: 'useful', subspace, mode: 'parallel', side: 'right', fraction },
          0.2 + 0.6 * (subspace === 'top-k' ? fraction : fraction / (seed === 4 ? 2 : 1)),
        ),
      ),
    ),
  ]),
]);
const energy = seeds.flatMap((training_seed) =>
  ['top-k', 'random'].flatMap((subspace) =>
    fractions.map((fraction) => ({
      update: 'useful',
      subspace,
      seed: null,
      mode: 'parallel',
      side: 'right',
      fraction,
      rank: null,
      energy_kept: fraction ** (training_seed === 4 ? 0.5 : 1),
      training_seed,
    })),
  ),
);
const tensorEnergy = energy.flatMap((row) =>
  tensors.map((tensor): TensorEnergy => {
    const rank = Math.round(row.fraction * 20);
    return { ...row, tensor, rank, rank_max: 20, rank_asked: null };
  }),
);

test('every kind of claim judges a seed by its own measurements alone', () => {
  const evidence: Evidence = { energy, tensorEnergy, overlap, behaviour: behaviours };
  const claims: readonly JudgedClaim[] = [
    { kind: 'above-baseline', of: pairs },
    { kind: 'highest-pair', of: pairs, pair: 'useful:harmful' },
    { kind: 'linear-energy', sweep, tolerance: 0.05 },
    { kind: 'stronger-than-random', sweep, metric: 'utility', subspace: 'top-k', than: ['random'] },
    { kind: 'falling-together', sweep, metrics: ['utility', 'harm'], tolerance: 0.3 },
  ];
  for (const claim of claims) {
    const [, ...joined] = judge(claim, evidence);
    const effects = new Set<number | null>();
    for (const seed of seeds) {
      const [, ...single] = judge(claim, alone(evidence, seed));
      const own = joined.filter(({ trainingSeed }) => trainingSeed === undefined || trainingSeed === seed);
      assert.equal(
        own.map(({ case: name, effect, n }) => [name, effect, n]),
        single.map(({ case: name, effect, n }) => [name, effect, n]),
        claim.kind,
      );
      assert.ok(
        own.some(({ trainingSeed, effect }) => trainingSeed === seed && effect !== null),
        claim.kind,
      );
      for (const { trainingSeed, effect } of own) if (trainingSeed === seed) effects.add(effect);
    }
    assert.ok(effects.size > 1, `${claim.kind} has one effect for both seeds`);
  }
});

test.run();
