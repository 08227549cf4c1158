import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Gpu } from '../../../src/gpu/gpu.js';
import { DeviceArithmetic } from '../../../src/linalg/device/arithmetic.js';
import { principalAngles } from '../../../src/linalg/principal-angles.js';
import { orthonormal } from '../../oracles/matrices.js';
import { type Dense, dense } from '../../oracles/one-sided-jacobi.js';
import { anglesOracle } from '../../oracles/principal-angles.js';
import { card, device } from '../device.js';

function side(values: Dense) {
  const data = Float32Array.from(values.data);
  const { rows, columns } = values;
  const window = async (start: number, count: number) => data.slice(start * columns, (start + count) * columns);
  return { matrix: { rows, columns, windowRows: 64, window }, columns };
}

const rounded = ({ rows, columns, data }: Dense) => dense(rows, columns, Float32Array.from(data));

/** Turned by a small angle: b_j = cos θ a_j + sin θ c_j with c orthogonal to all of a. */
function turned(frame: Dense, k: number, angle: number): { a: Dense; b: Dense } {
  const at = (i: number, j: number) => frame.data[i * frame.columns + j]!;
  const of = (value: (i: number, j: number) => number) =>
    dense(
      frame.rows,
      k,
      Array.from({ length: frame.rows * k }, (_, e) => value(Math.floor(e / k), e % k)),
    );
  return { a: of(at), b: of((i, j) => Math.cos(angle) * at(i, j) + Math.sin(angle) * at(i, j + k)) };
}

const devices: readonly (readonly [string, () => Promise<Gpu>])[] = [
  ['this device', device],
  ['a card', () => card()],
];
for (const [name, open] of devices) {
  test(`angles of f32 bases are near those of the oracle on ${name}`, async () => {
    const arithmetic = new DeviceArithmetic(await open());
    for (const angle of [0, 1e-5, 0.3, Math.PI / 2]) {
      const { a, b } = turned(orthonormal(203, 22, 'device frame'), 11, angle);
      const measured = await principalAngles(arithmetic, side(a), side(b));
      const expected = anglesOracle(rounded(a), rounded(b));
      for (const [i, value] of measured!.entries()) {
        assert.ok(Math.abs(value - expected[i]!) < 5e-7, `${angle}: ${value}, not ${expected[i]}`);
      }
    }
    const [a, b] = [orthonormal(97, 13, 'one'), orthonormal(97, 5, 'other')];
    const measured = await principalAngles(arithmetic, side(a), side(b));
    const expected = anglesOracle(rounded(a), rounded(b));
    for (const [i, value] of measured!.entries()) assert.ok(Math.abs(value - expected[i]!) < 5e-7);
    arithmetic.releaseAll();
  });
}

test.run();
