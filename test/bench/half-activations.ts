/**
 * What arithmetic in F16 makes of hidden states and their overlaps, beside f32 arithmetic with weights and states held as F16,
 * as reference semantics have it: `node dist/test/bench/half-activations.js [LAYERS]`. The published code computes in F16
 * throughout; here every operation of an f64 decoder of random weights is rounded to F16, or its states are.
 */
import { architectureTensors } from '../../src/formats/architecture.js';
import { energyRank } from '../../src/formats/energy-rank.js';
import { fromFloat32, toFloat32 } from '../../src/formats/float-conversion.js';
import { runningEnergies } from '../../src/linalg/overlap-staircase.js';
import { decoderConfig } from '../../src/nn/config.js';
import { gaussian } from '../oracles/matrices.js';
import { decoderOracle, type Tensors } from '../oracles/nn/decoder.js';
import {
  columnsOf,
  type Dense,
  dense,
  multiply,
  type SvdOracle,
  svdOracle,
  transpose,
} from '../oracles/one-sided-jacobi.js';
import { energy } from '../oracles/projection.js';

const layers = Number(process.argv[2] ?? 8);
const [prompts, tokens, energies] = [40, 12, [0.1, 0.3, 0.5, 0.7, 0.9, 0.99]];
const config = decoderConfig(
  {
    model_type: 'llama',
    hidden_size: 48,
    num_hidden_layers: layers,
    num_attention_heads: 4,
    vocab_size: 96,
    num_key_value_heads: 2,
    intermediate_size: 96,
    max_position_embeddings: 64,
    tie_word_embeddings: true,
  },
  'config.json',
);

const half = (x: ArrayLike<number>) =>
  Float64Array.from(toFloat32(fromFloat32(Float32Array.from(x), 'F16'), 'F16')) as Float64Array<ArrayBuffer>;
const weights: Tensors = new Map(
  [...architectureTensors(config)].map(([name, shape]) => {
    const columns = shape[1] ?? 1;
    const { data } = gaussian(shape[0]!, columns, name);
    return [name, half(shape.length < 2 ? data.map(() => 1) : data.map((x) => x / Math.sqrt(columns)))];
  }),
);

/** [hidden, prompts] of every depth, for prompts of one half of the vocabulary. */
function statesOf(set: 0 | 1, store?: (x: Float64Array) => Float64Array<ArrayBuffer>): Dense[] {
  const numbers = gaussian(prompts, tokens, `prompts ${set}`).data;
  const sequences = Array.from({ length: prompts }, (_, p) => ({
    inputIds: Array.from(
      { length: tokens },
      (_, t) => set * 48 + (Math.floor(Math.abs(numbers[p * tokens + t]!) * 1000) % 48),
    ),
    labels: [],
  }));
  const { states } = decoderOracle(config, weights, sequences, 1, store);
  return states.map((state) => {
    const last = sequences.flatMap((_, p) => [
      ...state.subarray(((p + 1) * tokens - 1) * config.hidden, (p + 1) * tokens * config.hidden),
    ]);
    return transpose(dense(prompts, config.hidden, half(last)));
  });
}

const bases = (states: readonly Dense[]) => states.map((state) => svdOracle(state));
const overlap = (a: SvdOracle, b: SvdOracle, kA: number, kB: number) =>
  energy(multiply(transpose(columnsOf(a.u, kA)), columnsOf(b.u, kB))) / Math.min(kA, kB);

const [exact, rounded] = [[statesOf(0), statesOf(1)] as const, [statesOf(0, half), statesOf(1, half)] as const];
const distance = exact[0].map((state, depth) => {
  const other = rounded[0][depth]!;
  return Math.sqrt(energy({ ...state, data: state.data.map((x, i) => x - other.data[i]!) }) / energy(state));
});
const [exactBases, roundedBases] = [exact.map(bases), rounded.map(bases)] as [SvdOracle[][], SvdOracle[][]];
let [worst, moved, sum, compared] = [0, 0, 0, 0];
for (let depth = 0; depth <= layers; depth++) {
  for (const eta of energies) {
    const [k, other] = [exactBases, roundedBases].map((of) =>
      of.map((set) => energyRank(runningEnergies(set[depth]!.s), eta)),
    ) as [number[], number[]];
    if (k.join() !== other.join()) moved += 1;
    const values = [exactBases, roundedBases].map((of, i) =>
      overlap(of[0]![depth]!, of[1]![depth]!, [k, other][i]![0]!, [k, other][i]![1]!),
    );
    const off = Math.abs(values[0]! - values[1]!);
    worst = Math.max(worst, off);
    sum += off;
    compared += 1;
  }
}
console.log(`${layers} layers, hidden ${config.hidden}, ${prompts} prompts a set`);
console.log(`states differ by ${Math.max(...distance).toExponential(1)} of their norm at most`);
console.log(`overlaps by ${(sum / compared).toExponential(1)} on average, ${worst.toExponential(1)} at most`);
console.log(`ranks in ${moved} of ${compared} cases`);
