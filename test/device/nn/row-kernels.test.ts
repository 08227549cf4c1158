import { test } from 'uvu';
import { fromFloat32, toFloat32 } from '../../../src/formats/float-conversion.js';
import { addRows } from '../../../src/nn/add-rows.js';
import { addBias, addColumnSums, columnSumBytes } from '../../../src/nn/columns.js';
import type { DecoderConfig } from '../../../src/nn/config.js';
import { crossEntropy, crossEntropyBackward } from '../../../src/nn/cross-entropy.js';
import { columnNorm, columnNormBackward, rmsNorm, rmsNormBackward } from '../../../src/nn/rms-norm.js';
import { applyRotation, rotaryFrequencies, rotaryTable } from '../../../src/nn/rope.js';
import { gatherRows, noRow, rowsByTarget, scatterAddRows } from '../../../src/nn/rows.js';
import { swiglu, swigluBackward } from '../../../src/nn/swiglu.js';
import * as crossEntropyOracle from '../../oracles/nn/cross-entropy.js';
import { columnSums } from '../../oracles/nn/linear.js';
import * as rmsNormOracle from '../../oracles/nn/rms-norm.js';
import { rope } from '../../oracles/nn/rope.js';
import * as rowsOracle from '../../oracles/nn/rows.js';
import * as swigluOracle from '../../oracles/nn/swiglu.js';
import { device } from '../device.js';
import { closeTo, download, uniform, upload } from './operands.js';

const gpu = await device();

/** Whole vectors of 4 columns, and columns that leave a part of one. */
const widths = [64, 37, 3];
const rows = 129;

/** A device tensor of the type, and the numbers that it really holds. */
function stored(values: Float64Array, type: 'F32' | 'BF16') {
  const bytes = fromFloat32(Float32Array.from(values), type);
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  return {
    tensor: { buffer: gpu.upload(padded, 'weights'), type, offset: 0 as 0 | 1 },
    exact: Float64Array.from(toFloat32(bytes, type)),
  };
}

function room(count: number) {
  return gpu.allocate(Math.ceil(count / 4) * 16, 'result');
}

for (const columns of widths) {
  for (const [type, offset] of [
    ['F32', 0],
    ['BF16', 0],
    ['BF16', 1],
  ] as const) {
    test(`RMSNorm of a sum and its gradients agree with f64: ${columns} columns, gain ${offset} + ${type}`, async () => {
      const count = rows * columns;
      const [x, branch] = [uniform('x', count, 3), uniform('branch', count, 3)];
      const [dy, past] = [uniform('dy', count, 3), uniform('past', count, 3)];
      const { tensor, exact: numbers } = stored(uniform('gain', columns, 2), type);
      const [gain, exact] = [{ ...tensor, offset }, numbers.map((value) => value + offset)];
      const total = x!.map((value, i) => Math.fround(value + branch[i]!));
      const forward = { rows, columns, epsilon: 1e-5, gain };
      const to = { sum: room(count), y: room(count), scale: room(rows) };
      rmsNorm(gpu, { ...forward, x: upload(gpu, x), branch: upload(gpu, branch), ...to });
      const expected = rmsNormOracle.rmsNorm(total, exact, 1e-5);
      closeTo('sum', await download(gpu, to.sum, count), total, 0);
      closeTo('y', await download(gpu, to.y, count), expected.y, 1e-6);
      closeTo('scale', await download(gpu, to.scale, rows), expected.scale, 1e-6);

      const backward = rmsNormOracle.rmsNormBackward(dy, total, expected.scale, exact);
      const d = { rows, columns, dy: upload(gpu, dy), x: to.sum, gain, scale: to.scale };
      const dx = room(count);
      gpu.write(dx, Float32Array.from(past));
      rmsNormBackward(gpu, { ...d, dx, add: true });
      const added = backward.dx.map((value, i) => value + past[i]!);
      closeTo('dx added', await download(gpu, dx, count), added, 2e-6);
      rmsNormBackward(gpu, { ...d, dx, add: false });
      closeTo('dx', await download(gpu, dx, count), backward.dx, 2e-6);
      const sum = upload(gpu, new Float64Array(columns).fill(1));
      addColumnSums(gpu, {
        rows,
        a: { buffer: d.dy, stride: columns, start: 0, count: columns },
        factor: { values: to.sum, scale: to.scale },
        scratch: gpu.allocate(columnSumBytes(rows, columns), 's'),
        sum,
      });
      closeTo(
        'gain',
        await download(gpu, sum),
        backward.dgain.map((value) => value + 1),
        2e-6,
      );
    });
  }

  for (const [groups, type, offset] of [
    [1, 'F32', 0],
    [3, 'BF16', 0],
    [5, 'F32', 1],
  ] as const) {
    test(`RMSNorm of ${groups} runs of ${columns} columns of a wider matrix, in place backwards, agrees with f64: gain ${offset} + ${type}`, async () => {
      const count = rows * groups * columns;
      const stride = groups * columns + 12;
      const start = 8;
      const x = uniform('x', count, 3);
      x.fill(0, 0, columns);
      const [dy, around] = [uniform('dy', count, 3), uniform('around', rows * stride)];
      const { tensor, exact: numbers } = stored(uniform('gain', columns, 2), type);
      const [gain, exact] = [{ ...tensor, offset }, numbers.map((value) => value + offset)];
      /** The numbers in their columns, with `around` about them. */
      const placed = (values: Float64Array) =>
        around.map((value, i) => {
          const column = (i % stride) - start;
          const inside = column >= 0 && column < groups * columns;
          return inside ? values[Math.floor(i / stride) * groups * columns + column]! : value;
        });
      const buffer = room(rows * stride);
      gpu.write(buffer, Float32Array.from(around));
      const part = { buffer, stride, start, count: groups * columns };
      const scale = room(rows * groups);
      const common = { rows, groups, x: upload(gpu, x), gain, scale };
      columnNorm(gpu, { ...common, epsilon: 1e-5, y: part });
      const expected = rmsNormOracle.rmsNorm(x, exact, 1e-5);
      closeTo('y', await download(gpu, buffer, rows * stride), placed(expected.y), 1e-6);
      closeTo('scale', await download(gpu, scale, rows * groups), expected.scale, 1e-6);

      const backward = rmsNormOracle.rmsNormBackward(dy, x, expected.scale, exact);
      gpu.write(buffer, Float32Array.from(placed(dy)));
      const sum = upload(gpu, new Float64Array(columns).fill(1));
      const scratch = gpu.allocate(columnSumBytes(rows, groups * columns), 'scratch');
      addColumnSums(gpu, { rows, a: part, groups, factor: { values: common.x, scale }, scratch, sum });
      const sums = backward.dgain.map((value) => value + 1);
      closeTo('gain', await download(gpu, sum), sums, 3e-6);
      columnNormBackward(gpu, { ...common, d: part });
      closeTo('d', await download(gpu, buffer, rows * stride), placed(backward.dx), 2e-6);
    });
  }

  test(`a residual is added, and copied without a branch, exactly: ${columns} columns`, async () => {
    const count = rows * columns;
    const [x, branch] = [uniform('x', count, 3), uniform('branch', count, 3)];
    const [sum, copy] = [room(count), room(count)];
    const add = { rows, columns, x: upload(gpu, x) };
    addRows(gpu, { ...add, branch: upload(gpu, branch), sum });
    addRows(gpu, { ...add, sum: copy });
    const expected = x.map((value, i) => Math.fround(value + branch[i]!));
    closeTo('sum', await download(gpu, sum, count), expected, 0);
    closeTo('copy', await download(gpu, copy, count), x, 0);
  });

  for (const activation of ['silu', 'gelu_pytorch_tanh'] as const) {
    test(`a gated unit with ${activation} and its gradient agree with f64: ${columns} columns`, async () => {
      const gateUp = uniform('gate and up', rows * 2 * columns, 20);
      const dh = uniform('dh', rows * columns);
      const buffer = room(gateUp.length);
      gpu.write(buffer, Float32Array.from(gateUp));
      const h = room(rows * columns);
      swiglu(gpu, rows, columns, activation, buffer, h);
      closeTo('h', await download(gpu, h, rows * columns), swigluOracle.swiglu(gateUp, columns, activation), 2e-6);
      swigluBackward(gpu, rows, columns, activation, upload(gpu, dh), buffer);
      const expected = swigluOracle.swigluBackward(dh, gateUp, columns, activation);
      closeTo('gradient', await download(gpu, buffer, gateUp.length), expected, 3e-6);
    });
  }

  test(`cross-entropy over windows and its gradient agree with f64: windows of ${columns} of 131 tokens`, async () => {
    const vocabulary = 131;
    const logits = uniform('logits', rows * vocabulary, 30);
    const targets = Uint32Array.from({ length: rows }, (_, r) => (r * 17) % vocabulary);
    const common = { rows, targets: gpu.upload(targets, 'targets'), logSumExp: room(rows) };
    const state = gpu.allocate(16 * rows, 'state');
    const losses = { buffer: room(rows + 5), start: 5 };
    const windows = Array.from({ length: Math.ceil(vocabulary / columns) }, (_, i) => {
      const window = { first: i * columns, count: Math.min(columns, vocabulary - i * columns) };
      const part = new Float64Array(rows * window.count);
      for (let r = 0; r < rows; r++) {
        const start = r * vocabulary + window.first;
        part.set(logits.subarray(start, start + window.count), r * window.count);
      }
      const buffer = room(part.length);
      gpu.write(buffer, Float32Array.from(part));
      return { ...common, window, logits: buffer };
    });
    for (const window of windows) crossEntropy(gpu, window, vocabulary, state, losses);
    const actual = (await download(gpu, losses.buffer)).subarray(5, 5 + rows);
    closeTo('losses', actual, crossEntropyOracle.crossEntropy(logits, targets), 1e-6);
    const expected = crossEntropyOracle.crossEntropyBackward(logits, targets, 0.25);
    for (const each of windows) {
      crossEntropyBackward(gpu, each, 0.25);
      const d = await download(gpu, each.logits, rows * each.window.count);
      const part = new Float64Array(d.length);
      for (let r = 0; r < rows; r++) {
        const start = r * vocabulary + each.window.first;
        part.set(expected.subarray(start, start + each.window.count), r * each.window.count);
      }
      // Logits of ±30 leave probabilities with errors of their own rounding, not relative to the window's largest.
      closeTo(
        'gradient',
        d.map((value) => value + 1),
        part.map((value) => value + 1),
        2e-6,
      );
    }
  });

  test(`rows are picked, placed and summed by target as in f64, across windows: ${columns} columns`, async () => {
    const sourceRows = 300;
    for (const type of ['F32', 'BF16'] as const) {
      const { tensor: source, exact } = stored(uniform('source', sourceRows * columns), type);
      const index = Uint32Array.from({ length: rows }, (_, r) => (r % 10 === 3 ? noRow : (r * 71) % sourceRows));
      const y = room(rows * columns);
      const gather = { source, sourceRows, columns, index: gpu.upload(index, 'index'), rows, y };
      gatherRows(gpu, gather, 128);
      const expected = rowsOracle.gatherRows(exact, columns, index, noRow);
      closeTo('gathered', await download(gpu, y, rows * columns), expected, 0);
      gatherRows(gpu, { ...gather, scale: Math.sqrt(37) }, 128);
      const scaled = expected.map((value) => value * Math.sqrt(37));
      closeTo('gathered and scaled', await download(gpu, y, rows * columns), scaled, 2e-7);
    }
    const x = uniform('x', rows * columns);
    const index = Uint32Array.from({ length: rows }, (_, r) => ((r * r) % 23) * 13);
    const order = rowsByTarget(index);
    const sums = uniform('sums', sourceRows * columns);
    const sum = room(sums.length);
    gpu.write(sum, Float32Array.from(sums));
    const at = { targets: gpu.upload(order.targets, 't'), starts: gpu.upload(order.starts, 's') };
    const scatter = { x: upload(gpu, x), columns, order, ...at, rows: gpu.upload(order.rows, 'r'), sum, sumRows: 300 };
    scatterAddRows(gpu, scatter, 128);
    rowsOracle.scatterAddRows(sums, x, columns, index);
    closeTo('sums', await download(gpu, sum, sums.length), sums, 1e-6);
    scatterAddRows(gpu, { ...scatter, scale: -1 }, 128);
    rowsOracle.scatterAddRows(
      sums,
      x.map((value) => -value),
      columns,
      index,
    );
    closeTo('sums taken back', await download(gpu, sum, sums.length), sums, 2e-6);
  });

  test(`biases are added to, and gradients of biases summed over, some columns of a matrix: ${columns} of them`, async () => {
    const stride = columns + 12;
    const start = 8;
    const x = uniform('x', rows * stride);
    const { tensor: bias, exact } = stored(uniform('bias', columns), 'BF16');
    const buffer = room(x.length);
    gpu.write(buffer, Float32Array.from(x));
    const part = { buffer, stride, start, count: columns };
    addBias(gpu, rows, part, bias);
    const expected = x.map((value, i) => {
      const column = (i % stride) - start;
      return column >= 0 && column < columns ? Math.fround(value + exact[column]!) : value;
    });
    closeTo('x', await download(gpu, buffer, x.length), expected, 0);
    const sum = upload(gpu, new Float64Array(columns).fill(-2));
    addColumnSums(gpu, { rows, a: part, scratch: gpu.allocate(columnSumBytes(rows, columns), 'scratch'), sum });
    const sums = columnSums(expected, rows, stride).subarray(start, start + columns);
    closeTo(
      'sums',
      await download(gpu, sum),
      sums.map((value) => value - 2),
      2e-6,
    );
  });
}

for (const headDim of [16, 6]) {
  test(`rotation of queries and keys, and back, agrees with f64: heads of ${headDim}`, async () => {
    const config = { heads: 3, kvHeads: 1, headDim, ropeTheta: 10000 } as DecoderConfig;
    const stride = 5 * headDim;
    const x = uniform('x', rows * stride);
    const positions = Uint32Array.from({ length: rows }, (_, r) => (r * 37) % 211);
    const buffer = room(x.length);
    gpu.write(buffer, Float32Array.from(x));
    const table = gpu.upload(rotaryTable(config, 211), 'table');
    const rotation = { rows, config, x: buffer, positions: gpu.upload(positions, 'positions'), table };
    applyRotation(gpu, { ...rotation, direction: 'forward' });
    const expected = rope(x, stride, 4, headDim, positions, rotaryFrequencies(config));
    closeTo('turned', await download(gpu, buffer, x.length), expected, 3e-7);
    applyRotation(gpu, { ...rotation, direction: 'backward' });
    closeTo('turned back', await download(gpu, buffer, x.length), x, 5e-7);
  });
}

test.run();
