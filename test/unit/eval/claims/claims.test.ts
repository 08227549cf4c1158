import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Behaviour, ModelEnergy } from '../../../../src/eval/behaviour.js';
import type { JudgedClaim } from '../../../../src/eval/claims/claim.js';
import type { MeasuredOverlap } from '../../../../src/eval/claims/kind.js';
import type { Finding } from '../../../../src/eval/finding.js';
import { close, fractions, judge, normals, sweep, verdicts } from './judged-claims.js';

// ── behaviour

const items = 1000;

/** Scores whose mean is about `level`: 1 with that probability, and the same item is as hard for every model. */
function scores(level: number, name: string, coupling = 0.8): number[] {
  const shared = normals(items, 'difficulty');
  const own = normals(items, name);
  const difficulty = Array.from(shared, (value, at) => coupling * value + Math.sqrt(1 - coupling ** 2) * own[at]!);
  const sorted = [...difficulty].sort((a, b) => a - b);
  const cut = sorted[Math.min(items - 1, Math.round(level * items))]!;
  return difficulty.map((value) => (value < cut ? 1 : 0));
}

function model(metric: string, name: string, level: number, more: Partial<Behaviour> = {}): Behaviour {
  const none = { update: null, subspace: null, seed: null, mode: null, side: null, fraction: null };
  return { metric, model: name, ...none, bounds: [0, 1], values: scores(level, `${metric} ${name}`), ...more };
}

function projected(
  metric: string,
  subspace: string,
  level: (fraction: number) => number,
  { mode = 'parallel', seeds = [null] as readonly (number | null)[] } = {},
): Behaviour[] {
  return seeds.flatMap((seed) =>
    fractions.map((fraction) => ({
      metric,
      model: null,
      update: 'useful',
      subspace,
      seed,
      mode,
      side: 'right',
      fraction,
      bounds: [0, 1] as const,
      values: scores(level(fraction), `${metric} ${subspace} ${seed} ${fraction}`),
    })),
  );
}

function modelEnergies(
  subspace: string,
  kept: (fraction: number) => number,
  { mode = 'parallel', seeds = [null] as readonly (number | null)[] } = {},
): ModelEnergy[] {
  return seeds.flatMap((seed) =>
    fractions.map((fraction) => ({
      update: 'useful',
      subspace,
      seed,
      mode,
      side: 'right',
      fraction,
      energy_kept: kept(fraction),
      rank: null,
    })),
  );
}

const seeds = { seeds: [1, 2, 3] };
const ends = [model('utility', 'aligned', 0.2), model('utility', 'useful', 0.9)];
const stronger: JudgedClaim = {
  kind: 'stronger-than-random',
  sweep: { ...sweep, subspaces: ['top-k', 'random'] },
  metric: 'utility',
  subspace: 'top-k',
  than: ['random'],
};
const proportional = [...modelEnergies('top-k', (x) => x), ...modelEnergies('random', (x) => x, seeds)];
/** Between the two ends in proportion to the energy. */
const fair = (x: number) => 0.2 + 0.7 * x;

test('a subspace that moves behaviour further for its energy is stronger', () => {
  const behaviour = [
    ...ends,
    ...projected('utility', 'top-k', (x) => Math.min(0.9, fair(x) + 0.2 * (1 - x))),
    ...projected('utility', 'random', fair, seeds),
  ];
  const [whole, only] = judge(stronger, { behaviour, energy: proportional });
  assert.equal(verdicts([only!]), ['useful: top-k above random: holds']);
  assert.is(whole!.n, items);
  close(whole!.effect, 0.1, 0.03);
});

test('a subspace with sides of its own stands beside random ones on the side of the sweep', () => {
  const ownSide = <T extends { subspace: string | null }>(rows: readonly T[]) =>
    rows.map((row) => (row.subspace === 'top-k' ? { ...row, side: 'mixed' } : row));
  const behaviour = ownSide([
    ...ends,
    ...projected('utility', 'top-k', (x) => Math.min(0.9, fair(x) + 0.2 * (1 - x))),
    ...projected('utility', 'random', fair, seeds),
  ]);
  const energy = ownSide(proportional);
  const own: JudgedClaim = { ...stronger, sweep: { ...stronger.sweep, ownSided: ['top-k'] } };
  const [whole] = judge(own, { behaviour, energy });
  assert.equal([whole!.verdict, whole!.n], ['holds', items]);
  close(whole!.effect, 0.1, 0.03);
  assert.is(judge(stronger, { behaviour, energy })[0]!.verdict, 'undecided');
});

test('a subspace that holds more energy, and moves as much more as that energy would, is not stronger', () => {
  const energy = [...modelEnergies('top-k', (x) => x ** 0.5), ...modelEnergies('random', (x) => x, seeds)];
  const behaviour = [
    ...ends,
    ...projected('utility', 'top-k', (x) => fair(x ** 0.5)),
    ...projected('utility', 'random', fair, seeds),
  ];
  const [atEqualEnergy] = judge(stronger, { behaviour, energy });
  close(atEqualEnergy!.effect, 0, 0.03);
  assert.is(atEqualEnergy!.verdict, 'undecided');
  const [atEqualFraction] = judge(stronger, { behaviour, energy: proportional });
  assert.is(atEqualFraction!.verdict, 'holds', 'compared by fraction it would look stronger');
});

test('a weaker subspace fails the claim', () => {
  const behaviour = [
    ...ends,
    ...projected('utility', 'top-k', (x) => 0.2 + 0.7 * x ** 3),
    ...projected('utility', 'random', fair, seeds),
  ];
  const [whole] = judge(stronger, { behaviour, energy: proportional });
  assert.is(whole!.verdict, 'fails', `${whole!.low} to ${whole!.high}`);
  assert.ok(whole!.effect! < -0.05 && whole!.high! < 0);
});

test('where a sweep removes, stronger means further away from the whole update, and the direction of the metric does not matter', () => {
  const mode = { mode: 'orthogonal' };
  const claim: JudgedClaim = { ...stronger, sweep: { ...stronger.sweep, mode: 'orthogonal' } };
  const energy = [...modelEnergies('top-k', (x) => 1 - x, mode), ...modelEnergies('random', (x) => 1 - x, { ...mode, ...seeds })]; // biome-ignore format: one line
  const falling = [
    ...ends,
    ...projected('utility', 'top-k', (x) => Math.max(0.2, fair(1 - x) - 0.2 * (1 - x)), mode),
    ...projected('utility', 'random', (x) => fair(1 - x), { ...mode, ...seeds }),
  ];
  assert.is(judge(claim, { behaviour: falling, energy })[0]!.verdict, 'holds');
  const mirrored = falling.map((one) => ({ ...one, values: one.values.map((value) => 1 - value!) }));
  close(judge(claim, { behaviour: mirrored, energy })[0]!.effect, judge(claim, { behaviour: falling, energy })[0]!.effect!, 1e-12); // biome-ignore format: one line
});

test('an update that changes nothing leaves the claim undecided', () => {
  const same = [model('utility', 'aligned', 0.5), model('utility', 'useful', 0.5)];
  const behaviour = [
    ...same,
    ...projected('utility', 'top-k', () => 0.5),
    ...projected('utility', 'random', () => 0.5, seeds),
  ];
  assert.is(judge(stronger, { behaviour, energy: proportional })[0]!.verdict, 'undecided');
  // Item for item, as where every response scores alike: an effect that is always 0 would pass for a refutation.
  const alike = behaviour.map((one) => ({ ...one, values: one.values.map(() => 1) }));
  const [{ verdict, effect }] = judge(stronger, { behaviour: alike, energy: proportional }) as [Finding];
  assert.equal({ verdict, effect }, { verdict: 'no information', effect: null });
});

test('items without a valid score have no part; what was not measured leaves the claim undecided', () => {
  const behaviour = [
    ...ends,
    ...projected('utility', 'top-k', (x) => Math.min(0.9, fair(x) + 0.2 * (1 - x))),
    ...projected('utility', 'random', fair, seeds),
  ].map((one, at) => ({ ...one, values: one.values.map((value, item) => (item === at ? null : value)) }));
  const [whole] = judge(stronger, { behaviour, energy: proportional });
  assert.equal([whole!.verdict, whole!.n], ['holds', items - behaviour.length]);
  const undecided = { verdict: 'undecided', n: 0, effect: null } as const;
  for (const evidence of [
    { behaviour: behaviour.slice(1), energy: proportional },
    { behaviour: behaviour.filter(({ fraction }) => fraction !== 0.5), energy: proportional },
    { behaviour, energy: proportional.slice(1) },
    {},
  ]) {
    const [{ verdict, n, effect }] = judge(stronger, evidence) as [Finding];
    assert.equal({ verdict, n, effect }, undecided);
  }
});

const together: JudgedClaim = {
  kind: 'falling-together',
  sweep: { ...sweep, mode: 'orthogonal' },
  metrics: ['utility', 'harmfulness'],
  tolerance: 0.2,
};
const orthogonal = { mode: 'orthogonal' };
const harmful = [model('harmfulness', 'aligned', 0.05), model('harmfulness', 'useful', 0.85)];

test('metrics that lose in step fall together', () => {
  const behaviour = [
    ...ends,
    ...harmful,
    ...projected('utility', 'top-k', (x) => 0.2 + 0.7 * (1 - x), orthogonal),
    ...projected('harmfulness', 'top-k', (x) => 0.05 + 0.8 * (1 - x), orthogonal),
  ];
  const findings = judge(together, { behaviour });
  assert.equal(verdicts(findings), [
    'all: holds',
    'useful, top-k: utility falls: holds',
    'useful, top-k: harmfulness falls: holds',
    'useful, top-k: utility falls as harmfulness does: holds',
  ]);
  close(findings[1]!.effect, 1, 0.05);
  close(findings[3]!.effect, 0, 0.05);
});

test('one that falls alone is selective', () => {
  const behaviour = [
    ...ends,
    ...harmful,
    ...projected('utility', 'top-k', () => 0.9, orthogonal),
    ...projected('harmfulness', 'top-k', (x) => 0.05 + 0.8 * Math.max(0, 1 - 2 * x), orthogonal),
  ];
  const findings = judge(together, { behaviour });
  assert.is(findings[0]!.verdict, 'fails');
  assert.is(findings[3]!.verdict, 'fails');
  assert.ok(findings[3]!.effect! < -0.5);
});

test('what a parallel sweep takes away is what it does not keep', () => {
  const claim: JudgedClaim = { ...together, sweep };
  const behaviour = [
    ...ends,
    ...harmful,
    ...projected('utility', 'top-k', fair),
    ...projected('harmfulness', 'top-k', (x) => 0.05 + 0.8 * x),
  ];
  assert.is(judge(claim, { behaviour })[0]!.verdict, 'holds');
});

test('along ranks, the part that is taken away is that of the directions of all tensors', () => {
  const shares = [0.02, 0.2, 0.6];
  const ranks = [6, 60, 300];
  const claim: JudgedClaim = { ...together, sweep: { ...sweep, fractions: [], ranks } };
  const along = (metric: string, level: (share: number) => number): Behaviour[] =>
    shares.map((share, at) => ({
      metric,
      model: null,
      update: 'useful',
      subspace: 'top-k',
      seed: null,
      mode: 'parallel',
      side: 'right',
      fraction: null,
      rank: ranks[at]!,
      share,
      bounds: [0, 1] as const,
      values: scores(level(share), `${metric} ${share}`, 1),
    }));
  const behaviour = [
    ...ends.map((one) => ({ ...one, values: scores(one.model === 'aligned' ? 0.2 : 0.9, '', 1) })),
    ...harmful.map((one) => ({ ...one, values: scores(one.model === 'aligned' ? 0.05 : 0.85, '', 1) })),
    ...along('utility', (x) => 0.2 + 0.7 * x),
    ...along('harmfulness', (x) => 0.05 + 0.8 * x),
  ];
  const [whole, utility, harmfulness] = judge(claim, { behaviour });
  assert.is(whole!.verdict, 'holds');
  // What is lost is what is taken away, 1 − Σ k / Σ r: the slope is 1.
  close(utility!.effect, 1, 0.01);
  close(harmfulness!.effect, 1, 0.01);
  const missing = judge(claim, { behaviour: behaviour.filter(({ rank }) => rank !== 60) })[0]!;
  assert.is(missing.note, 'utility was not measured at all ranks of top-k');
  const blind = behaviour.map((one) => (one.rank === 60 ? { ...one, values: one.values.map(() => null) } : one));
  const note = judge(claim, { behaviour: blind })[0]!.note;
  assert.is(note, 'no item of utility has a valid score in useful in top-k at rank 60');
});

test('the metric with the fewest items says whether there are enough to decide by', () => {
  const few = (level: number) => Array.from({ length: items }, (_, item) => (item < 4 ? level : null));
  const behaviour = [
    ...ends,
    ...harmful,
    ...projected('utility', 'top-k', (x) => 0.2 + 0.7 * (1 - x), orthogonal),
    ...projected('harmfulness', 'top-k', (x) => 0.05 + 0.8 * (1 - x), orthogonal),
  ].map((one) => {
    if (one.metric !== 'harmfulness') return one;
    return {
      ...one,
      values: few(one.model === 'aligned' ? 0.05 : one.model === 'useful' ? 0.85 : 0.85 - 0.8 * one.fraction!),
    };
  });
  const both = judge(together, { behaviour })[3]!;
  assert.equal([both.case, both.verdict, both.n], ['useful, top-k: utility falls as harmfulness does', 'undecided', 4]);
});

test('a metric that the update hardly changed leaves the claim undecided, not decided by noise', () => {
  const behaviour = [
    ...ends,
    ...[model('harmfulness', 'aligned', 0.5), model('harmfulness', 'useful', 0.51)],
    ...projected('utility', 'top-k', (x) => 0.2 + 0.7 * (1 - x), orthogonal),
    ...projected('harmfulness', 'top-k', () => 0.5, orthogonal),
  ];
  assert.is(judge(together, { behaviour })[0]!.verdict, 'undecided');
});

test('a metric that every projection brings to its floor has fallen: that is information', () => {
  const behaviour = [
    ...ends,
    ...harmful,
    ...projected('utility', 'top-k', (x) => 0.2 + 0.7 * (1 - x), orthogonal),
    ...projected('harmfulness', 'top-k', () => 0, orthogonal),
  ].map((one) =>
    one.metric === 'harmfulness' && one.model === null ? { ...one, values: one.values.map(() => 0) } : one,
  );
  const [, , falls, alike] = judge(together, { behaviour });
  assert.equal(verdicts([falls!]), ['useful, top-k: harmfulness falls: holds']);
  assert.is(alike!.verdict, 'fails', 'utility loses by and by what harmfulness loses at once');
  // Nothing is known where the metric is at its ceiling before anything is taken, and stays there.
  const ceiling = behaviour.map((one) =>
    one.metric === 'harmfulness' && one.model !== 'aligned' ? { ...one, values: one.values.map(() => 1) } : one,
  );
  assert.is(judge(together, { behaviour: ceiling })[2]!.verdict, 'no information');
});

test('how many items are left out, since some model has no valid score for them, is said', () => {
  const some = <T extends Behaviour>(one: T, at: number): T => ({
    ...one,
    values: one.values.map((value, item) => (item % 50 === at ? null : value)),
  });
  const compared = [
    ...ends,
    ...projected('utility', 'top-k', (x) => Math.min(0.9, fair(x) + 0.2 * (1 - x))),
    ...projected('utility', 'random', fair),
  ];
  const [whole] = judge(stronger, {
    behaviour: compared.map(some),
    energy: [...modelEnergies('top-k', (x) => x), ...modelEnergies('random', (x) => x)],
  });
  assert.is(whole!.n, 760);
  assert.match(whole!.note, /^240 of 1000 items of utility are left out: some model has no valid score for them$/);
  const losing = [...ends, ...projected('utility', 'top-k', (x) => 0.2 + 0.7 * (1 - x), orthogonal)];
  const findings = judge({ ...together, metrics: ['utility', 'utility'] }, { behaviour: losing.map(some) });
  for (const { note } of findings) assert.match(note, /140 of 1000 items of utility are left out/);
});

test('levels that cancel out leave nothing, not round-off', () => {
  // Items that score differently, each of them the same in every projection.
  const stuck = normals(items, 'stuck').map((value) => (value > 0.3 ? 1 : 1 / 3));
  const behaviour = [
    model('utility', 'aligned', 0, { values: Array<number>(items).fill(0) }),
    model('utility', 'useful', 1, { values: Array<number>(items).fill(1) }),
    ...projected('utility', 'top-k', fair),
    ...projected('utility', 'random', fair, seeds),
  ].map((one) => (one.model === null ? { ...one, values: [...stuck] } : one));
  const energy = [...modelEnergies('top-k', (x) => x), ...modelEnergies('random', (x) => 1.2 * x - 0.1, seeds)];
  assert.is(judge(stronger, { behaviour, energy })[0]!.effect, 0);
});

// ── overlap

function overlaps(
  excess: Readonly<Record<string, number>>,
  { model: of = null as string | null, units = 24 } = {},
): MeasuredOverlap[] {
  return Object.entries(excess).flatMap(([pair, above]) => {
    const spread = normals(units, pair);
    return Array.from({ length: units }, (_, unit) =>
      [0.1, 0.5, 0.9].map((energy) => {
        const shared = 0.1 * normals(units, 'shared')[unit]!;
        return { model: of, pair, unit: `u${unit}`, energy, baseline: 0.3 * energy, overlap: 0.3 * energy + above + shared + 0.02 * spread[unit]! }; // biome-ignore format: one line
      }),
    ).flat();
  });
}

const pairs = ['a:b', 'a:c', 'b:c'];
const of = { models: [null], pairs, energies: [0.1, 0.5, 0.9] };

test('every pair above baseline holds, one below fails, one in between is undecided', () => {
  const verdictOf = (excess: Record<string, number>) =>
    verdicts(judge({ kind: 'above-baseline', of }, { overlap: overlaps(excess) }));
  assert.equal(verdictOf({ 'a:b': 0.3, 'a:c': 0.2, 'b:c': 0.1 }), [
    'all: holds',
    'a:b: holds',
    'a:c: holds',
    'b:c: holds',
  ]);
  assert.equal(verdictOf({ 'a:b': 0.3, 'a:c': -0.2, 'b:c': 0 }), [
    'all: fails',
    'a:b: holds',
    'a:c: fails',
    'b:c: undecided',
  ]);
  const [whole] = judge({ kind: 'above-baseline', of }, { overlap: overlaps({ 'a:b': 0.3, 'a:c': 0.2, 'b:c': 0.1 }) });
  close(whole!.effect, 0.1, 0.05);
  assert.is(whole!.n, 24);
});

test('the highest pair is told from a close second where they differ in every unit', () => {
  const overlap = overlaps({ 'a:b': 0.3, 'a:c': 0.26, 'b:c': 0.1 });
  const highest = (pair: string) => judge({ kind: 'highest-pair', of, pair }, { overlap });
  const [whole, ...cases] = highest('a:b');
  assert.equal(verdicts(cases), ['a:b above a:c: holds', 'a:b above b:c: holds']);
  close(whole!.effect, 0.04, 0.01);
  assert.ok(whole!.high! - whole!.low! < 0.05, 'units are paired, so that what all pairs share does not count');
  assert.is(highest('a:c')[0]!.verdict, 'fails');
});

test('other energies, missing units and zero updates do not count', () => {
  const overlap = overlaps({ 'a:b': 0.3, 'a:c': 0.2, 'b:c': 0.1 });
  const disturbed = [
    ...overlap.map((point) => ({ ...point, energy: 0.7, overlap: 0 })),
    ...overlap.map((point) => ({ ...point, unit: `z${point.unit}`, overlap: null, baseline: null })),
    ...overlap,
  ];
  for (const claim of [
    { kind: 'above-baseline', of },
    { kind: 'highest-pair', of, pair: 'a:b' },
  ] as const) {
    assert.equal(judge(claim, { overlap: disturbed }), judge(claim, { overlap }));
  }
  const partly = overlap.filter(({ pair, unit }) => pair !== 'a:c' || unit === 'u1' || unit === 'u2');
  assert.is(judge({ kind: 'highest-pair', of, pair: 'a:b' }, { overlap: partly })[1]!.n, 2);
});

test('of activations each model is a case of its own', () => {
  const overlap = [
    ...overlaps({ 'a:b': 0.3 }, { model: 'aligned' }),
    ...overlaps({ 'a:b': -0.3 }, { model: 'useful' }),
  ];
  const claim: JudgedClaim = { kind: 'above-baseline', of: { ...of, models: ['aligned', 'useful'], pairs: ['a:b'] } };
  assert.equal(verdicts(judge(claim, { overlap })), ['all: fails', 'a:b in aligned: holds', 'a:b in useful: fails']);
});

// ── verdicts

test('the more cases a claim has, the wider their intervals', () => {
  const width = (count: number) => {
    const names = Array.from({ length: count }, (_, index) => `p${index}:q`);
    const overlap = overlaps(Object.fromEntries(names.map((name) => [name, 0.2])));
    const found = judge({ kind: 'above-baseline', of: { ...of, pairs: names } }, { overlap });
    return found[1]!.high! - found[1]!.low!;
  };
  assert.ok(width(10) > 1.2 * width(1));
});

test('one unit alone decides nothing', () => {
  const overlap = overlaps({ 'a:b': 0.5 }, { units: 1 });
  const [whole] = judge({ kind: 'above-baseline', of: { ...of, pairs: ['a:b'] } }, { overlap });
  assert.equal([whole!.verdict, whole!.n, whole!.low], ['undecided', 1, null]);
  assert.ok(whole!.effect! > 0.2);
});

test('six units may decide one case, nine twelve, eleven forty-eight, and not one fewer', () => {
  const verdictOf = (cases: number, units: number) => {
    const names = Array.from({ length: cases }, (_, index) => `p${index}:q`);
    const overlap = overlaps(Object.fromEntries(names.map((name) => [name, 0.6])), { units });
    return judge({ kind: 'above-baseline', of: { ...of, pairs: names } }, { overlap })[0]!;
  };
  for (const [cases, fewest] of [
    [1, 6],
    [12, 9],
    [48, 11],
  ] as const) {
    assert.is(verdictOf(cases, fewest).verdict, 'holds', `${cases} cases`);
    const below = verdictOf(cases, fewest - 1);
    assert.is(below.verdict, 'undecided', `${cases} cases`);
    assert.is(below.note, `n counts tensors: too few to decide, it takes ${fewest}`);
  }
});

test('tensors of a layer and neighbouring layers are one unit', () => {
  const named = (layers: number) =>
    Array.from({ length: layers }, (_, layer) => ['self_attn.q_proj', 'mlp.up_proj'].map((name) => `model.layers.${layer}.${name}.weight`)).flat(); // biome-ignore format: one line
  const found = (tensors: readonly string[]) => {
    const overlap = tensors.map((unit) => ({
      model: null,
      pair: 'a:b',
      unit,
      energy: 0.5,
      overlap: 0.6,
      baseline: 0.1,
    }));
    return judge({ kind: 'above-baseline', of: { ...of, pairs: ['a:b'] } }, { overlap })[0]!;
  };
  assert.equal([found(named(11)).n, found(named(11)).verdict], [5, 'undecided']);
  assert.equal([found(named(12)).n, found(named(12)).verdict], [6, 'holds']);
  assert.is(found(named(12)).note, 'n counts blocks of 2 neighbouring layers');
  // Embedding, final norm and head count as a layer together.
  const outside = ['model.embed_tokens.weight', 'model.norm.weight', 'lm_head.weight'];
  assert.equal([found([...outside, ...named(11)]).n, found([...named(11), ...outside]).n], [6, 6]);
});

test('where subspaces fill the space, overlap has nowhere to go: no information, which decides nothing', () => {
  const full = (pair: string) => overlaps({ [pair]: 0 }).map((point) => ({ ...point, overlap: 1 + 1e-8, baseline: 1 }));
  const [whole, above, silent] = judge({ kind: 'above-baseline', of: { ...of, pairs: ['a:b', 'a:c'] } }, { overlap: [...overlaps({ 'a:b': 0.3 }), ...full('a:c')] }); // biome-ignore format: one line
  assert.equal(verdicts([whole!, above!, silent!]), ['all: holds', 'a:b: holds', 'a:c: no information']);
  assert.match(whole!.note, /; 1 of 2 cases give no information and do not count$/);
  const only = judge({ kind: 'above-baseline', of: { ...of, pairs: ['a:c'] } }, { overlap: full('a:c') });
  assert.equal(verdicts(only), ['all: no information', 'a:c: no information']);
});

test('what is missing is named', () => {
  const point = projected('utility', 'top-k', fair);
  const notes = (behaviour: readonly Behaviour[]) => judge(stronger, { behaviour, energy: proportional })[0]!.note;
  const rival = projected('utility', 'random', fair, seeds);
  assert.is(notes([ends[1]!, ...point, ...rival]), 'utility of aligned was not measured');
  assert.is(notes([...ends, ...point]), 'utility was not measured at all fractions of random');
  const unread = { ...ends[1]!, values: ends[1]!.values.map(() => null) };
  assert.is(notes([ends[0]!, unread, ...point, ...rival]), 'no item of utility has a valid score in useful');
  const lossless = [...ends, ...point, ...rival].map((one) => ({ ...one, bounds: null }));
  assert.is(notes(lossless), 'no interval: nothing bounds utility');
  assert.is(judge({ kind: 'above-baseline', of }, {})[0]!.note, 'no overlap was measured');
});

test('the same evidence gives the same findings, in whatever order its items come', () => {
  const behaviour = [
    ...ends,
    ...projected('utility', 'top-k', (x) => Math.min(0.9, fair(x) + 0.2 * (1 - x))),
    ...projected('utility', 'random', fair, seeds),
  ];
  const turned = behaviour.map((one) => ({ ...one, values: [...one.values].reverse() }));
  const [a, b] = [behaviour, turned].map((of) => judge(stronger, { behaviour: of, energy: proportional })[1]!);
  assert.is(a!.verdict, b!.verdict);
  close(a!.low, b!.low!, 1e-10);
  close(a!.high, b!.high!, 1e-10);
});

test.run();
