/**
 * The step of train.ts in jax-js (a peer: WebGPU kernels by tracing and autodiff), on the adapter of RUNFLOW_ADAPTER:
 *   npm install --no-save @jax-js/jax && npm run build && node test/bench/train-jax.mjs
 * The same model, sequences and optimizer; sequences are padded to one length, as there is no packing. Arrays are
 * reference-counted: a use that is not the last says `.ref`.
 */
import { create, globals } from 'webgpu';
import { openGpu } from '../../dist/src/gpu/open-gpu.js';

const [sequences, length, promptTokens, rounds] = [32, 30, 14, 10];
const [hidden, layers, heads, kvHeads, headDim, mlp, vocabulary] = [64, 2, 4, 2, 16, 160, 112];

// Chooses the driver; jax-js then finds the same adapter where a browser has it.
const gpu = await openGpu();
console.log(`${gpu.adapter.description} (${gpu.adapter.deviceClass})`);
Object.assign(globalThis, globals);
const instance = create([]);
Object.defineProperty(globalThis, 'navigator', { value: { gpu: instance, userAgent: 'node' }, configurable: true });
const { numpy: np, nn, init, defaultDevice, jit, valueAndGrad, tree } = await import('@jax-js/jax');
await init('webgpu');
defaultDevice('webgpu');

function weights(...shape) {
  const count = shape.reduce((a, b) => a * b);
  return np.array(Float32Array.from({ length: count }, (_, i) => 0.085 * Math.sin(i * 12.9898))).reshape(shape);
}

let parameters = {
  embedding: weights(vocabulary, hidden),
  norm: np.ones([hidden]),
  layers: Array.from({ length: layers }, () => ({
    attentionNorm: np.ones([hidden]),
    mlpNorm: np.ones([hidden]),
    q: weights(hidden, heads * headDim),
    k: weights(hidden, kvHeads * headDim),
    v: weights(hidden, kvHeads * headDim),
    o: weights(heads * headDim, hidden),
    gate: weights(hidden, mlp),
    up: weights(hidden, mlp),
    down: weights(mlp, hidden),
  })),
};

const rows = sequences * length;
const inputs = new Float32Array(rows * vocabulary);
const targets = new Float32Array(rows * vocabulary);
let tokens = 0;
let targetCount = 0;
for (let s = 0; s < sequences; s++) {
  const own = 22 + ((s * 5) % 9);
  const id = (t) => (s * 31 + t * t * 7 + t) % vocabulary;
  tokens += own;
  for (let t = 0; t < length; t++) {
    const row = (s * length + t) * vocabulary;
    inputs[row + id(t)] = 1;
    if (t + 1 < promptTokens || t + 1 >= own) continue;
    targets[row + id(t + 1)] = 1;
    targetCount++;
  }
}
const angles = Float64Array.from({ length: (length * headDim) / 2 }, (_, i) => {
  return Math.floor(i / (headDim / 2)) * 10000 ** ((-2 * (i % (headDim / 2))) / headDim);
});
const constants = {
  inputs: np.array(inputs).reshape([rows, vocabulary]),
  targets: np.array(targets).reshape([rows, vocabulary]),
  cos: np.array(Float32Array.from(angles, Math.cos)).reshape([1, length, 1, headDim / 2]),
  sin: np.array(Float32Array.from(angles, Math.sin)).reshape([1, length, 1, headDim / 2]),
  mask: np
    .array(Float32Array.from({ length: length ** 2 }, (_, i) => (i % length <= Math.floor(i / length) ? 0 : -1e9)))
    .reshape([1, 1, length, length]),
};

function rmsNorm(x, gain) {
  const mean = np.mean(np.square(x.ref), -1, { keepdims: true });
  return x.div(np.sqrt(mean.add(1e-5))).mul(gain);
}

function rotate(x, cos, sin) {
  const [a, b] = np.split(x, 2, -1);
  const turned = a.ref.mul(cos.ref).sub(b.ref.mul(sin.ref));
  return np.concatenate([turned, b.mul(cos).add(a.mul(sin))], -1);
}

function loss(p, { inputs, targets, cos, sin, mask }) {
  let x = np.matmul(inputs, p.embedding.ref);
  for (const w of p.layers) {
    const n = rmsNorm(x.ref, w.attentionNorm);
    const split = (y, count) => y.reshape([sequences, length, count, headDim]);
    const q = rotate(split(np.matmul(n.ref, w.q), heads), cos.ref, sin.ref);
    const k = np.repeat(rotate(split(np.matmul(n.ref, w.k), kvHeads), cos.ref, sin.ref), heads / kvHeads, 2);
    const v = np.repeat(split(np.matmul(n, w.v), kvHeads), heads / kvHeads, 2);
    const scores = np.matmul(np.transpose(q, [0, 2, 1, 3]), np.transpose(k, [0, 2, 3, 1]));
    const p = nn.softmax(scores.mul(headDim ** -0.5).add(mask.ref), -1);
    const attended = np.transpose(np.matmul(p, np.transpose(v, [0, 2, 1, 3])), [0, 2, 1, 3]);
    x = x.add(np.matmul(attended.reshape([rows, heads * headDim]), w.o));
    const m = rmsNorm(x.ref, w.mlpNorm);
    const gate = nn.silu(np.matmul(m.ref, w.gate));
    x = x.add(np.matmul(gate.mul(np.matmul(m, w.up)), w.down));
  }
  for (const unused of [cos, sin, mask]) unused.dispose();
  const logits = np.matmul(rmsNorm(x, p.norm), np.transpose(p.embedding));
  return np.sum(nn.logSoftmax(logits, -1).mul(targets)).mul(-1 / targetCount);
}

const step = jit((p, mean, square, data) => {
  const [value, gradient] = valueAndGrad(loss)(tree.ref(p), data);
  const m = tree.map((old, g) => old.mul(0.9).add(g.mul(0.1)), mean, tree.ref(gradient));
  const v = tree.map((old, g) => old.mul(0.999).add(np.square(g).mul(0.001)), square, gradient);
  const update = (w, a, b) => w.sub(a.mul(1e-3).div(np.sqrt(b).add(1e-8)));
  return [value, tree.map(update, p, tree.ref(m), tree.ref(v)), m, v];
});

let mean = tree.map((w) => np.zerosLike(w), tree.ref(parameters));
let square = tree.map((w) => np.zerosLike(w), tree.ref(parameters));
let best = Number.POSITIVE_INFINITY;
let cpu = 0;
for (let round = -1; round < rounds; round++) {
  const before = process.cpuUsage();
  const started = performance.now();
  let value;
  [value, parameters, mean, square] = step(parameters, mean, square, tree.ref(constants));
  await value.data();
  if (round < 0) continue; // tracing and compilation
  best = Math.min(best, performance.now() - started);
  const { user, system } = process.cpuUsage(before);
  cpu += (user + system) / 1000 / rounds;
}
console.log(
  `jax-js step ${best.toFixed(1)} ms, ${cpu.toFixed(0)} ms of CPU, ${Math.round((1000 * tokens) / best)} tokens/s`,
);
process.exit();
