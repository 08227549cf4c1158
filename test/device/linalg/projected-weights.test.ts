import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { FloatType } from '../../../src/formats/float-conversion.js';
import type { ProjectionMode } from '../../../src/formats/projection.js';
import { DeviceArithmetic } from '../../../src/linalg/device/arithmetic.js';
import { type ProjectedWindows, projectOntoBasis, projectOntoUpdate } from '../../../src/linalg/projected-weights.js';
import type { BasisSide } from '../../../src/linalg/projection.js';
import { scalarEnergy, scalarProjection, subspaceEnergy } from '../../../src/linalg/subspace-energy.js';
import { type TallMatrix, windowsOf } from '../../../src/linalg/tall-matrix.js';
import { gaussian, orthonormal } from '../../oracles/matrices.js';
import { type Dense, dense } from '../../oracles/one-sided-jacobi.js';
import * as oracle from '../../oracles/projection.js';
import { device } from '../device.js';

/** θ' = θ + Δ_proj of tensors in tall orientation, against the definitions in f64. */

const modes: readonly ProjectionMode[] = ['parallel', 'orthogonal', 'opposite'];
const sides: readonly BasisSide[] = ['long', 'short'];
const arithmetic = new DeviceArithmetic(await device());
const rounded = (matrix: Dense) => oracle.roundTo(matrix, 'F32');
const scaled = (matrix: Dense, factor: number) => ({ ...matrix, data: matrix.data.map((value) => factor * value) });

interface Task {
  readonly weights: Dense;
  readonly update: Dense;
  /** [d, r] of the side. */
  readonly basis: Dense;
  readonly side: BasisSide;
  readonly windowRows?: number;
}

function task(rows: number, columns: number, side: BasisSide, sizes = { weights: 1, update: 0.1 }): Task {
  const name = `${rows}×${columns}`;
  return {
    weights: rounded(scaled(gaussian(rows, columns, `${name} weights`), sizes.weights)),
    update: rounded(scaled(gaussian(rows, columns, `${name} update`), sizes.update)),
    basis: rounded(orthonormal(side === 'long' ? rows : columns, Math.min(rows, columns), `${name} basis`)),
    side,
  };
}

function tall({ rows, columns, data }: Dense, windowRows?: number): TallMatrix {
  return {
    rows,
    columns,
    ...(windowRows !== undefined && { windowRows }),
    window: async (start, count) => Float32Array.from(data.subarray(start * columns, (start + count) * columns)),
  };
}

/** `beyond` stands in vectors from `rank` on, which nobody may read. */
function transposed({ columns: vectors, data }: Dense, rank = vectors, beyond?: number) {
  const window = async (start: number, count: number) => {
    const part = new Float32Array(vectors * count);
    for (let j = 0; j < vectors; j++) {
      for (let i = 0; i < count; i++) {
        part[j * count + i] = j >= rank && beyond !== undefined ? beyond : data[(start + i) * vectors + j]!;
      }
    }
    return part;
  };
  return { vectors, window };
}

type How = { readonly mode: ProjectionMode; readonly storage: FloatType; readonly castUpdate?: 'F16' };

/** Collects windows, which must cover every row once. */
class Collected {
  readonly data: Float32Array;
  readonly #columns: number;
  #rows = 0;

  constructor({ rows, columns }: Dense) {
    this.data = new Float32Array(rows * columns).fill(Number.NaN);
    this.#columns = columns;
  }

  receive = (start: number, count: number, rows: Float32Array): void => {
    assert.is(rows.length, count * this.#columns);
    this.data.set(rows, start * this.#columns);
    this.#rows += count;
  };

  matrix(like: Dense): Dense {
    assert.is(this.#rows, like.rows);
    return dense(like.rows, like.columns, this.data);
  }
}

/** Makes every window. */
async function collect(made: Promise<ProjectedWindows>, update: TallMatrix, receive: Collected['receive']) {
  const windows = await made;
  for (const { start, count } of windowsOf(update)) receive(start, count, await windows.window(start, count));
  windows.release();
}

async function made({ weights, update, basis, side, windowRows }: Task, rank: number, how: How): Promise<Dense> {
  const result = new Collected(update);
  const [delta, target] = [tall(update, windowRows), { weights: tall(weights, windowRows), storage: how.storage }];
  const nested = transposed(basis, rank, Number.NaN);
  await collect(projectOntoBasis(arithmetic, delta, target, nested, side, rank, how), delta, result.receive);
  return result.matrix(update);
}

function wanted({ weights, update, basis, side }: Task, rank: number, { mode, storage, castUpdate }: How): Dense {
  const inside = oracle.project(update, basis, rank, side === 'long' ? 'left' : 'right');
  return oracle.projectedWeights(weights, oracle.inMode(update, inside, mode), storage, castUpdate);
}

/** Spacing of a type's numbers near x. */
function spacing(x: number, type: FloatType): number {
  const [bits, smallest] = type === 'F16' ? [10, -24] : type === 'BF16' ? [7, -133] : [23, -149];
  return 2 ** Math.max(smallest, Math.floor(Math.log2(Math.abs(x) || Number.MIN_VALUE)) - bits);
}

/** Every element within the f32 error of a product of norm `size`, and one step of the storage type where it rounds. */
function checkClose(found: Dense, expected: Dense, size: number, type: FloatType, what: string): number {
  let equal = 0;
  for (const [i, x] of found.data.entries()) {
    const y = expected.data[i]!;
    if (x === y) equal++;
    const bar = 4e-7 * (size + Math.abs(y)) + (type === 'F32' || type === 'F64' ? 0 : spacing(y, type));
    assert.ok(Math.abs(x - y) <= bar, `${what}: element ${i} is ${x}, not ${y} (bar ${bar})`);
  }
  return equal / found.data.length;
}

/** Largest norm of a row or column of Δ: what bounds an element of a product with an orthonormal basis. */
function sizeOf({ rows, columns, data }: Dense): number {
  const sums = new Float64Array(rows + columns);
  for (const [i, x] of data.entries()) {
    sums[Math.floor(i / columns)]! += x * x;
    sums[rows + (i % columns)]! += x * x;
  }
  return Math.sqrt(sums.reduce((largest, sum) => Math.max(largest, sum), 0));
}

async function check(given: Task, rank: number, how: How, what: string): Promise<void> {
  const found = await made(given, rank, how);
  const name = `${what}, ${given.side} side, ${how.mode}, rank ${rank}`;
  const equal = checkClose(found, wanted(given, rank, how), sizeOf(given.update), how.storage, name);
  if (how.storage === 'F32' || how.storage === 'F64') return;
  // What is stored are numbers of the type, nearly all of them the right ones.
  assert.equal(found.data, oracle.roundTo(found, how.storage).data);
  if (found.data.length > 100) assert.ok(equal > 0.98, `${name}: ${equal} are right`);
}

test('agrees with the definitions in f64 for odd sizes, on both sides, in all modes', async () => {
  for (const [rows, columns] of [
    [1, 1],
    [7, 3],
    [33, 1],
    [97, 61],
    [131, 131],
    [700, 9],
  ] as const) {
    for (const side of sides) {
      const given = task(rows, columns, side);
      for (const mode of modes) {
        for (const rank of new Set([1, Math.ceil(columns / 2), columns])) {
          await check(given, rank, { mode, storage: 'F32' }, `${rows}×${columns}`);
        }
      }
    }
  }
});

test('agrees across the blocks in which sums are taken', async () => {
  for (const side of sides) {
    const given = task(310, 290, side);
    for (const rank of [255, 256, 257, 290]) await check(given, rank, { mode: 'parallel', storage: 'F32' }, 'blocks');
  }
});

test('stores numbers of the type of the checkpoint, and casts the update as published code does', async () => {
  for (const side of sides) {
    const given = task(61, 45, side);
    const bf16 = { ...given, weights: oracle.roundTo(given.weights, 'BF16') };
    const f16 = { ...given, weights: oracle.roundTo(given.weights, 'F16') };
    for (const mode of modes) {
      await check(bf16, 20, { mode, storage: 'BF16' }, 'bf16');
      await check(f16, 20, { mode, storage: 'F16', castUpdate: 'F16' }, 'f16');
    }
  }
});

test('reads windows of any height', async () => {
  for (const side of sides) {
    const given = task(101, 31, side);
    const whole = await made(given, 13, { mode: 'orthogonal', storage: 'F32' });
    for (const windowRows of [1, 17, 64]) {
      const windowed = { ...given, windowRows };
      await check(windowed, 13, { mode: 'orthogonal', storage: 'F32' }, `windows of ${windowRows}`);
      // On the short side a window has all that its rows need: the same bits whatever its height.
      if (side === 'short') {
        assert.equal((await made(windowed, 13, { mode: 'orthogonal', storage: 'F32' })).data, whole.data);
      }
    }
  }
});

test('updates of any size keep their digits', async () => {
  for (const side of sides) {
    for (const size of [1e-30, 1e-12, 1e12, 1e30]) {
      const given = task(40, 30, side, { weights: 0, update: size });
      for (const mode of modes) await check(given, 11, { mode, storage: 'F32' }, `update of ${size}`);
    }
  }
});

test('an update that is zero, and a subspace of zero vectors, leave the weights as they are', async () => {
  for (const side of sides) {
    const given = task(23, 11, side);
    const zero = { ...given, update: scaled(given.update, 0) };
    for (const mode of modes) assert.equal((await made(zero, 5, { mode, storage: 'F32' })).data, given.weights.data);
    const nothing = { ...given, basis: scaled(given.basis, 0) };
    for (const mode of ['parallel', 'opposite'] as const) {
      assert.equal((await made(nothing, 5, { mode, storage: 'F32' })).data, given.weights.data);
    }
  }
});

test('is the checkpoint whose change the energy step measures', async () => {
  for (const side of sides) {
    const given = { ...task(83, 37, side), windowRows: 29 };
    const weights = oracle.roundTo(given.weights, 'BF16');
    const how = { mode: 'parallel', storage: 'BF16' } as const;
    const ranks = [3, 19, 37];
    const [delta, theta] = [tall(given.update, 29), tall(weights, 29)];
    const measured = await subspaceEnergy(
      arithmetic,
      delta,
      theta,
      transposed(given.basis),
      side,
      ranks,
      how,
      () => {},
    );
    for (const [at, rank] of ranks.entries()) {
      const change = oracle.energy(oracle.difference(await made({ ...given, weights }, rank, how), weights));
      assert.ok(Math.abs(change - measured.realised[at]!) <= 1e-6 * change, `${side}, rank ${rank}`);
    }
  }
});

test('a scalar projection adds the part of an update along another one', async () => {
  for (const [rows, columns, windowRows] of [
    [1, 1, undefined],
    [33, 1, 7],
    [97, 61, 40],
  ] as const) {
    const { weights, update } = task(rows, columns, 'long');
    const onto = rounded({ ...update, data: update.data.map((x, i) => x + 0.2 * gaussian(rows, columns, 'onto').data[i]!) }); // biome-ignore format: one line
    for (const mode of modes) {
      for (const storage of ['F32', 'F16'] as const) {
        const theta = oracle.roundTo(weights, storage);
        const how = { mode, storage, ...(storage === 'F16' && { castUpdate: 'F16' as const }) };
        const result = new Collected(update);
        const ends = [tall(update, windowRows), tall(theta, windowRows), tall(onto, windowRows)] as const;
        const { factor } = await scalarProjection(ends[0], ends[2]);
        const target = { weights: ends[1], storage };
        const made = projectOntoUpdate(arithmetic, ends[0], target, ends[2], factor, how);
        await collect(made, ends[0], result.receive);
        const found = result.matrix(update);
        const inside = oracle.inMode(update, oracle.projectOntoUpdate(update, onto), mode);
        const expected = oracle.projectedWeights(theta, inside, storage, how.castUpdate);
        checkClose(found, expected, sizeOf(update), storage, `${rows}×${columns}, ${mode}, ${storage}`);
        const { realised } = await scalarEnergy(arithmetic, ...ends, how);
        const change = oracle.energy(oracle.difference(found, theta));
        assert.ok(Math.abs(change - realised) <= 1e-6 * change, `${mode}, ${storage}: the change that is measured`);
      }
    }
  }
});

test('a scalar projection onto an update that is zero adds nothing', async () => {
  const { weights, update } = task(12, 5, 'long');
  const zero = scaled(update, 0);
  const { factor } = await scalarProjection(tall(update), tall(zero));
  const result = new Collected(update);
  const how = { mode: 'parallel', storage: 'F32' } as const;
  const target = { weights: tall(weights), storage: how.storage };
  await collect(
    projectOntoUpdate(arithmetic, tall(update), target, tall(zero), factor, how),
    tall(update),
    result.receive,
  );
  assert.equal(result.matrix(update).data, weights.data);
});

test('a projected update alone is that of the definition, however small it is', async () => {
  for (const [rows, columns, windowRows] of [
    [97, 61, 40],
    [33, 1, 7],
    [64, 64, undefined],
  ] as const) {
    for (const side of sides) {
      for (const size of [0.1, 1e-30]) {
        const { update, basis } = task(rows, columns, side, { weights: 1, update: size });
        const rank = Math.ceil(Math.min(rows, columns) / 3);
        for (const mode of modes) {
          const delta = tall(update, windowRows);
          const made = projectOntoBasis(arithmetic, delta, undefined, transposed(basis), side, rank, { mode });
          const result = new Collected(update);
          await collect(made, delta, result.receive);
          const found = scaled(result.matrix(update), (await made).scale);
          const inside = oracle.project(update, basis, rank, side === 'long' ? 'left' : 'right');
          const expected = oracle.inMode(update, inside, mode);
          checkClose(found, expected, sizeOf(update), 'F64', `${rows}×${columns}, ${side}, ${size}, ${mode}`);
        }
      }
    }
  }
});

test('no matrix stays on the device', async () => {
  const gpu = await device();
  let live = 0;
  const counting = new Proxy(gpu, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...operands: unknown[]) => {
        if (name === 'allocate' || name === 'upload') live++;
        if (name === 'release') live -= operands.length;
        return Reflect.apply(value, target, operands);
      };
    },
  });
  const counted = new DeviceArithmetic(counting);
  const how = { mode: 'parallel', storage: 'F32' } as const;
  for (const side of sides) {
    const { update, weights, basis } = task(50, 20, side);
    const [delta, target] = [tall(update, 16), { weights: tall(weights, 16), storage: how.storage }];
    await collect(projectOntoBasis(counted, delta, target, transposed(basis), side, 7, how), delta, () => {});
    await collect(projectOntoBasis(counted, delta, undefined, transposed(basis), side, 7, how), delta, () => {});
    assert.is(live, 0, side);
  }
  const { update, weights } = task(50, 20, 'long');
  const [delta, target] = [tall(update, 16), { weights: tall(weights, 16), storage: how.storage }];
  await collect(projectOntoUpdate(counted, delta, target, delta, 0.5, how), delta, () => {});
  await collect(projectOntoUpdate(counted, delta, undefined, delta, 0.5, how), delta, () => {});
  assert.is(live, 0);
});

test.run();
