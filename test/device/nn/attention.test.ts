import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type AttentionTiling,
  attention,
  attentionBackward,
  attentionTiling,
  keyTiles,
  queryTiles,
} from '../../../src/nn/attention.js';
import { attention as oracle, attentionBackward as oracleBackward } from '../../oracles/nn/attention.js';
import { device } from '../device.js';
import { closeTo, download, uniform, upload } from './operands.js';

const gpu = await device();

const shapes = [
  { what: 'multi-head', heads: 4, kvHeads: 4, headDim: 16 },
  { what: 'grouped-query', heads: 6, kvHeads: 2, headDim: 8 },
  { what: 'multi-query, wide heads', heads: 3, kvHeads: 1, headDim: 64 },
  { what: 'heads that are no multiple of 4 columns', heads: 2, kvHeads: 2, headDim: 6 },
  { what: 'heads of 2 columns', heads: 3, kvHeads: 3, headDim: 2 },
  { what: 'heads of 128 columns in groups of 3', heads: 3, kvHeads: 1, headDim: 128 },
];
const lengths = [1, 5, 16, 37, 2, 4];

function columns(x: Float64Array, stride: number, start: number, count: number): Float64Array {
  const rows = x.length / stride;
  const out = new Float64Array(rows * count);
  for (let r = 0; r < rows; r++) out.set(x.subarray(r * stride + start, r * stride + start + count), r * count);
  return out;
}

async function compare(heads: number, kvHeads: number, headDim: number, tiling: AttentionTiling): Promise<void> {
  const config = { heads, kvHeads, headDim };
  const stride = (heads + 2 * kvHeads) * headDim;
  let first = 0;
  const runs = lengths.map((count) => {
    const run = { first, count, firstKey: first, seen: 1 };
    first += count;
    return run;
  });
  const rows = first;
  const qkv = uniform('qkv', rows * stride, 2);
  const dOut = uniform('d_out', rows * heads * headDim);
  const [q, k, v] = [
    columns(qkv, stride, 0, heads * headDim),
    columns(qkv, stride, heads * headDim, kvHeads * headDim),
    columns(qkv, stride, (heads + kvHeads) * headDim, kvHeads * headDim),
  ];
  const bounds = runs.flatMap((run) => Array.from({ length: run.count }, (_, i) => [run.first, run.first + i + 1]));
  const shape = { ...config, first: bounds.map(([a]) => a!), last: bounds.map(([, b]) => b!) };
  const expected = oracle(q, k, v, shape);
  const gradients = oracleBackward(dOut, q, k, v, shape);

  const tiles = (words: Uint32Array) => ({ binding: gpu.upload(words, 'tiles'), count: words.length / 4 });
  const device = {
    qkv: upload(gpu, qkv),
    dOut: upload(gpu, dOut),
    out: gpu.allocate(rows * heads * headDim * 4, 'out'),
    logSumExp: gpu.allocate(rows * heads * 4, 'log-sum-exp'),
    dQkv: gpu.allocate(qkv.length * 4, 'd_qkv'),
    delta: gpu.allocate(rows * heads * 4, 'delta'),
  };
  const at = (offset: number) => ({ buffer: device.qkv, stride, offset });
  const byQuery = tiles(queryTiles(runs, tiling));
  attention(gpu, {
    config,
    tiling,
    tiles: byQuery,
    out: device.out,
    logSumExp: device.logSumExp,
    q: at(0),
    k: at(heads * headDim),
    v: at((heads + kvHeads) * headDim),
  });
  closeTo('out', await download(gpu, device.out), expected.o, 2e-6);
  closeTo('log-sum-exp', await download(gpu, device.logSumExp), expected.logSumExp, 1e-6);

  attentionBackward(gpu, { config, tiling, ...device, queryTiles: byQuery, keyTiles: tiles(keyTiles(runs, tiling)) });
  const d = await download(gpu, device.dQkv);
  closeTo('dq', columns(d, stride, 0, heads * headDim), gradients.dq, 4e-6);
  closeTo('dk', columns(d, stride, heads * headDim, kvHeads * headDim), gradients.dk, 4e-6);
  closeTo('dv', columns(d, stride, (heads + kvHeads) * headDim, kvHeads * headDim), gradients.dv, 4e-6);
  gpu.release(...Object.values(device));
}

for (const { what, heads, kvHeads, headDim } of shapes) {
  test(`attention and its gradients agree with f64: ${what}`, async () => {
    await compare(heads, kvHeads, headDim, attentionTiling(gpu, { heads, kvHeads, headDim }));
  });
}

test('lanes that load for themselves, and tiles as on a card, give the same', async () => {
  const [heads, kvHeads, headDim] = [4, 2, 16];
  const own = attentionTiling(gpu, { heads, kvHeads, headDim });
  await compare(heads, kvHeads, headDim, { ...own, lanes: 1 });
  const card = {
    lanes: own.lanes,
    invocations: 64,
    queries: 1,
    keys: 2,
    chunk: own.chunk,
    queryRows: 32,
    keyRows: 128,
  };
  await compare(heads, kvHeads, headDim, card);
});

test('queries may see more keys than there are queries: rows of a cache', async () => {
  const [heads, kvHeads, headDim] = [4, 2, 8];
  const config = { heads, kvHeads, headDim };
  const tiling = attentionTiling(gpu, config);
  // Two sequences in slots of 40 cached keys; the first continues with 3 queries behind 20 keys, the second with 1 behind 33.
  const runs = [
    { first: 0, count: 3, firstKey: 0, seen: 21 },
    { first: 3, count: 1, firstKey: 40, seen: 34 },
  ];
  const q = uniform('q', 4 * heads * headDim);
  const k = uniform('k', 80 * kvHeads * headDim);
  const v = uniform('v', 80 * kvHeads * headDim);
  const expected = oracle(q, k, v, { ...config, first: [0, 0, 0, 40], last: [21, 22, 23, 74] });
  const words = queryTiles(runs, tiling);
  const out = gpu.allocate(q.length * 4, 'out');
  const logSumExp = gpu.allocate(4 * heads * 4, 'log-sum-exp');
  attention(gpu, {
    config,
    tiling,
    out,
    logSumExp,
    tiles: { binding: gpu.upload(words, 'tiles'), count: words.length / 4 },
    q: { buffer: upload(gpu, q), stride: heads * headDim, offset: 0 },
    k: { buffer: upload(gpu, k), stride: kvHeads * headDim, offset: 0 },
    v: { buffer: upload(gpu, v), stride: kvHeads * headDim, offset: 0 },
  });
  closeTo('out', await download(gpu, out), expected.o, 2e-6);
});

test('scores so large that their exponentials overflow still give probabilities', async () => {
  const config = { heads: 1, kvHeads: 1, headDim: 4 };
  const tiling = attentionTiling(gpu, config);
  const qkv = uniform('large', 9 * 12, 60);
  const words = queryTiles([{ first: 0, count: 9, firstKey: 0, seen: 1 }], tiling);
  const out = gpu.allocate(9 * 4 * 4, 'out');
  const buffer = upload(gpu, qkv);
  attention(gpu, {
    config,
    tiling,
    out,
    logSumExp: gpu.allocate(36, 'lse'),
    tiles: { binding: gpu.upload(words, 'tiles'), count: words.length / 4 },
    q: { buffer, stride: 12, offset: 0 },
    k: { buffer, stride: 12, offset: 4 },
    v: { buffer, stride: 12, offset: 8 },
  });
  const shape = { ...config, first: Array(9).fill(0), last: [1, 2, 3, 4, 5, 6, 7, 8, 9] };
  const expected = oracle(columns(qkv, 12, 0, 4), columns(qkv, 12, 4, 4), columns(qkv, 12, 8, 4), shape);
  const actual = await download(gpu, out);
  assert.ok(actual.every(Number.isFinite));
  // Scores near 10⁴ carry an error of 10⁻³, and so do probabilities.
  closeTo('out', actual, expected.o, 5e-3);
});

test.after(() => gpu.close());
test.run();
