import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { JudgedClaim } from '../../../../src/eval/claims/claim.js';
import type { TensorEnergy } from '../../../../src/eval/claims/kind.js';
import { close, fractions, judge, normals, sweep, verdicts } from './judged-claims.js';

function energies(
  curve: (x: number, tensor: number) => number,
  { tensors = 30, mode = 'parallel', seed = null as number | null, subspace = 'top-k' } = {},
): TensorEnergy[] {
  return Array.from({ length: tensors }, (_, tensor) =>
    fractions.map((fraction) => {
      const rank = Math.round(fraction * 40);
      const series = { update: 'useful', subspace, seed, mode, side: 'right', fraction };
      return {
        ...series,
        tensor: `t${tensor}`,
        energy_kept: curve(rank / 40, tensor),
        rank,
        rank_max: 40,
        rank_asked: null,
      };
    }),
  ).flat();
}

const linear: JudgedClaim = { kind: 'linear-energy', sweep, tolerance: 0.05 };
const noise = normals(30, 'tensors');

test('energy on a straight line is linear, whatever the slope', () => {
  for (const steepness of [1, 0.4]) {
    const rows = energies((x, tensor) => x * steepness * (1 + 0.1 * noise[tensor]!));
    const [whole, ...cases] = judge(linear, { tensorEnergy: rows });
    assert.equal(verdicts([whole!, ...cases]), ['all: holds', 'useful in top-k: holds']);
    close(whole!.effect, 0, 1e-12);
    assert.is(whole!.n, 30);
  }
});

test('a subspace with sides of its own is judged on all of its tensors, whatever the side of the sweep', () => {
  const rows = energies((x) => x, { subspace: 'refusal' }).map((row, index) => {
    const tensor = Math.floor(index / fractions.length);
    if (tensor % 3 === 2) return { ...row, side: '', rank: null, rank_max: 0, energy_kept: 1 };
    return { ...row, side: tensor % 3 === 0 ? 'left' : 'right' };
  });
  const own = { ...sweep, subspaces: ['refusal'] };
  const [whole] = judge({ ...linear, sweep: { ...own, ownSided: ['refusal'] } }, { tensorEnergy: rows });
  assert.equal([whole!.verdict, whole!.n], ['holds', 20]);
  const [oneSide] = judge({ ...linear, sweep: own }, { tensorEnergy: rows });
  assert.is(oneSide!.n, 10);
});

test('ranks are points too, at k / r of each tensor; one beyond r is all of the tensor', () => {
  const of = { updates: ['useful'], subspaces: ['top-k'], mode: 'parallel', side: 'right' } as const;
  const ranked: JudgedClaim = { ...linear, sweep: { ...of, fractions: [], ranks: [4, 16, 100] } };
  const rows = (curve: (x: number) => number): TensorEnergy[] =>
    Array.from({ length: 30 }, (_, tensor) =>
      [4, 16, 100].map((asked) => {
        const rankMax = tensor % 2 === 0 ? 40 : 200;
        const rank = Math.min(asked, rankMax);
        const series = { update: 'useful', subspace: 'top-k', seed: null, mode: 'parallel', side: 'right' };
        const ranks = { fraction: null, rank, rank_max: rankMax, rank_asked: asked };
        return { ...series, ...ranks, tensor: `t${tensor}`, energy_kept: curve(rank / rankMax) };
      }),
    ).flat();
  const straight = judge(ranked, { tensorEnergy: rows((x) => 0.8 * x) })[0]!;
  assert.equal([straight.verdict, straight.n], ['holds', 30]);
  close(straight.effect, 0, 1e-12);
  const [bent] = judge(ranked, { tensorEnergy: rows((x) => x ** 0.5) });
  // Distances at the three ranks: of half of the tensors at k / 40, of the others at k / 200; a median of an even number
  // of units lies in the middle of the two.
  const distances = [40, 200].map((rankMax) => {
    const xs = [4, 16, 100].map((asked) => Math.min(asked, rankMax) / rankMax);
    const slope = xs.reduce((sum, x) => sum + x ** 1.5, 0) / xs.reduce((sum, x) => sum + x * x, 0);
    return xs.map((x) => x ** 0.5 - slope * x);
  });
  const medians = distances[0]!.map((one, at) => Math.abs(one + distances[1]![at]!) / 2);
  close(bent!.effect, Math.max(...medians), 1e-12);
  assert.is(
    judge(linear, { tensorEnergy: rows((x) => x) })[0]!.verdict,
    'undecided',
    'rows of ranks are of no fraction',
  );
});

test('energy that gathers in the first directions is not', () => {
  const rows = energies((x) => x ** 0.5);
  const [whole] = judge(linear, { tensorEnergy: rows });
  assert.is(whole!.verdict, 'fails');
  // The best line through the origin of y = √x at these five points has the slope Σ x^1.5 / Σ x².
  const line = fractions.reduce((sum, x) => sum + x ** 1.5, 0) / fractions.reduce((sum, x) => sum + x * x, 0);
  close(whole!.effect, Math.max(...fractions.map((x) => Math.abs(x ** 0.5 - line * x))), 1e-12);
});

test('a curve near the tolerance in tensors that differ is undecided', () => {
  const rows = energies((x, tensor) => x + (0.3 + 0.5 * noise[tensor]!) * x * (1 - x));
  assert.is(judge(linear, { tensorEnergy: rows })[0]!.verdict, 'undecided');
});

test('removing energy in proportion is linear too', () => {
  const rows = energies((x) => 1 - x, { mode: 'orthogonal' });
  const claim: JudgedClaim = { ...linear, sweep: { ...sweep, mode: 'orthogonal' } };
  assert.is(judge(claim, { tensorEnergy: rows })[0]!.verdict, 'holds');
});

test('how few units decide nothing follows from the level at five fractions, and the note says it', () => {
  const found = (tensors: number) => judge(linear, { tensorEnergy: energies((x) => x, { tensors }) })[0]!;
  assert.equal(
    [found(1), found(7), found(8)].map(({ verdict }) => verdict),
    ['undecided', 'undecided', 'holds'],
  );
  assert.is(found(7).note, 'n counts tensors: too few to decide, it takes 8');
  assert.is(found(8).note, 'n counts tensors');
});

test('noise about a straight line does not look like a bend in it', () => {
  const bumps = (tensor: number) => normals(fractions.length, `bumps ${tensor}`);
  const rows = energies((x, tensor) => x + 0.1 * bumps(tensor)[fractions.findIndex((of) => Math.abs(of - x) < 0.02)]!, { tensors: 12 }); // biome-ignore format: one line
  const [whole] = judge(linear, { tensorEnergy: rows });
  assert.is(whole!.verdict, 'undecided');
  assert.ok(whole!.effect! > 0.01 && whole!.low === 0, `${whole!.effect} from ${whole!.low}`);
});

test('vectors, zero updates and other sweeps have no part in it', () => {
  const rows = energies((x) => x);
  const vectors = rows.map((row) => ({ ...row, tensor: `v${row.tensor}`, rank: 1, rank_max: 1, energy_kept: 1 }));
  const zero = rows.map((row) => ({ ...row, tensor: `z${row.tensor}`, energy_kept: null }));
  const other = energies((x) => x ** 0.2, { mode: 'orthogonal' });
  const left = energies((x) => x ** 0.2).map((row) => ({ ...row, side: 'left' }));
  const [whole] = judge(linear, { tensorEnergy: [...vectors, ...zero, ...other, ...left, ...rows] });
  assert.equal([whole!.verdict, whole!.n], ['holds', 30]);
});

test('seeds are averaged, and each subspace is a case', () => {
  const rows = [
    ...energies((x) => x),
    ...energies((x) => x + 0.2 * x * (1 - x), { subspace: 'random', seed: 1 }),
    ...energies((x) => x - 0.2 * x * (1 - x), { subspace: 'random', seed: 2 }),
    ...energies((x) => x ** 0.3, { subspace: 'random-k', seed: 1 }),
  ];
  const claim: JudgedClaim = { ...linear, sweep: { ...sweep, subspaces: ['top-k', 'random', 'random-k', 'lost'] } };
  const findings = judge(claim, { tensorEnergy: rows });
  assert.equal(verdicts(findings), [
    'all: fails',
    'useful in top-k: holds',
    'useful in random: holds',
    'useful in random-k: fails',
    'useful in lost: undecided',
  ]);
  const [whole, , , weakest, lost] = findings;
  assert.equal({ ...whole, case: weakest!.case }, weakest, 'the whole is told by its weakest case');
  assert.equal([lost!.effect, lost!.low, lost!.n], [null, null, 0]);
});

test('one rank alone lies on a line whatever it holds: no information, which decides nothing', () => {
  const rows = energies((x) => x ** 0.5);
  const single = { ...linear, sweep: { ...sweep, fractions: [0.5] } };
  assert.equal(verdicts(judge(single, { tensorEnergy: rows })), [
    'all: no information',
    'useful in top-k: no information',
  ]);
  // Of small matrices all fractions may come to the same rank; of large ones beside them they do not.
  const small = rows.map((row) => ({ ...row, tensor: `s${row.tensor}`, rank: 1, rank_max: 2, energy_kept: 0.9 }));
  assert.is(judge(linear, { tensorEnergy: small })[0]!.verdict, 'no information');
  assert.equal(judge(linear, { tensorEnergy: [...small, ...rows] }), judge(linear, { tensorEnergy: rows }));
});

test.run();
