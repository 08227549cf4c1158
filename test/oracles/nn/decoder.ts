import type { DecoderConfig } from '../../../src/nn/config.js';
import { rotaryFrequencies } from '../../../src/nn/rope.js';
import { attention, attentionBackward } from './attention.js';
import { crossEntropy, crossEntropyBackward } from './cross-entropy.js';
import { linear, linearBackward } from './linear.js';
import { rmsNorm, rmsNormBackward } from './rms-norm.js';
import { rope } from './rope.js';
import { swiglu, swigluBackward } from './swiglu.js';

export type Tensors = Map<string, Float64Array>;

/** Sequences one after the other without padding; labels are aligned with the ids, −100 is ignored. */
export interface Sequence {
  readonly inputIds: readonly number[];
  readonly labels: readonly number[];
  /** Padding behind the sequence, up to a length: it sees the sequence and no padding, and nothing sees it. */
  readonly padding?: { readonly token: number; readonly length: number };
}

interface LinearAt {
  readonly name: string;
  readonly columns: number;
  readonly w: Float64Array;
  readonly b: Float64Array | undefined;
  /** Gradients, added to. */
  readonly dw: Float64Array;
  readonly db: Float64Array | undefined;
}

/**
 * A decoder in f64, written from the definition for test sizes; which norms and fused tensors it has is seen from the weights. The loss is the sum over all targets of
 * −log p(label t | ids before t), times `scale`. Returns logits [rows, vocabulary] of all rows, every gradient, the states
 * [rows, hidden] that transformers calls `hidden_states`, and what each linear layer takes [rows, inputs] by its weight's name.
 * @param store what becomes of the result of every operation: the number type it is kept in
 */
export function decoderOracle(
  config: DecoderConfig,
  weights: Tensors,
  sequences: readonly Sequence[],
  scale = 1,
  store: (x: Float64Array) => Float64Array<ArrayBuffer> = (x) => x as Float64Array<ArrayBuffer>,
) {
  const { hidden, heads, kvHeads, headDim, mlp, vocabulary } = config;
  const ids: number[] = [];
  const positions: number[] = [];
  const first: number[] = [];
  const last: number[] = [];
  const targets: { row: number; label: number }[] = [];
  for (const { inputIds, labels, padding } of sequences) {
    const start = ids.length;
    inputIds.forEach((id, t) => {
      const label = labels[t + 1] ?? -100;
      if (label !== -100) targets.push({ row: start + t, label });
      ids.push(id);
      positions.push(t);
      first.push(start);
      last.push(start + t + 1);
    });
    for (let t = inputIds.length; t < (padding?.length ?? 0); t++) {
      ids.push(padding!.token);
      positions.push(t);
      first.push(start);
      last.push(start + inputIds.length);
    }
  }
  const rows = ids.length;
  const frequencies = rotaryFrequencies(config);
  const localFrequencies = rotaryFrequencies({ ...config, ropeTheta: config.localRopeTheta ?? 1 });
  const isGemma = weights.has('model.layers.0.pre_feedforward_layernorm.weight');
  const activation = isGemma ? 'gelu_pytorch_tanh' : 'silu';
  const embeddingScale = isGemma ? Math.sqrt(hidden) : 1;
  // Attention divides scores by √headDim: queries make up for another divisor.
  const queryScale = Math.sqrt(headDim / (config.queryScalar ?? headDim));
  const shape = { heads, kvHeads, headDim, first, last };
  const gradients: Tensors = new Map([...weights].map(([name, w]) => [name, new Float64Array(w.length)]));
  const get = (name: string) => weights.get(name)!;
  /** Rows of a stored weight and of its bias, which are a linear layer: all of them, or a part of a fused tensor. */
  const linearAt = (name: string, columns: number, first = 0, outputs?: number): LinearAt => {
    const rowsOf = (of: Tensors, what: string, width: number) => {
      const all = of.get(`${name}.${what}`);
      return all?.subarray(first * width, outputs === undefined ? all.length : (first + outputs) * width);
    };
    return {
      name,
      columns,
      w: rowsOf(weights, 'weight', columns)!,
      b: rowsOf(weights, 'bias', 1),
      dw: rowsOf(gradients, 'weight', columns)!,
      db: rowsOf(gradients, 'bias', 1),
    };
  };
  /** Linear layers by their names, or one below the other in a tensor of the name `fused`, where there is one. */
  const linearsAt = (p: string, fused: string, parts: Readonly<Record<string, number>>): LinearAt[] => {
    let first = 0;
    return Object.entries(parts).map(([name, outputs]) => {
      const at = weights.has(`${p}${fused}.weight`)
        ? linearAt(`${p}${fused}`, hidden, first, outputs)
        : linearAt(`${p}${name}`, hidden);
      first += outputs;
      return at;
    });
  };
  const inputs: Tensors = new Map();
  const project = (x: Float64Array, { name, w, b, columns }: LinearAt) => {
    inputs.set(`${name}.weight`, x);
    return store(linear(x, w, rows, columns, b));
  };
  const projectBackward = (dy: Float64Array, x: Float64Array, { w, columns, ...sums }: LinearAt) => {
    const { dx, dw, db } = linearBackward(dy, x, w, rows, columns);
    addTo(sums.dw, dw);
    if (sums.db !== undefined) addTo(sums.db, db);
    return dx;
  };
  const turn = (x: Float64Array, layer: number, count: number, direction: 1 | -1) =>
    config.rotaryLayers?.[layer] === false
      ? x
      : store(
          rope(
            x,
            count * headDim,
            count,
            headDim,
            positions,
            config.localLayers?.[layer] ? localFrequencies : frequencies,
            direction,
          ),
        );

  const embedding = get('model.embed_tokens.weight');
  let x = new Float64Array(rows * hidden);
  ids.forEach((id, r) => {
    x.set(times(embedding.subarray(id * hidden, (id + 1) * hidden), embeddingScale), r * hidden);
  });
  /** RMSNorm of as many numbers together as the gain has; a norm that the model does not have changes nothing. */
  const norm = (from: Float64Array, name: string) => {
    const gain = weights.get(`${name}.weight`);
    if (gain === undefined) return { y: from, backward: (dy: Float64Array) => dy };
    const whole = gain.map((value) => value + (isGemma ? 1 : 0));
    const { y, scale: scales } = rmsNorm(from, whole, config.normEpsilon);
    return {
      y: store(y),
      backward: (dy: Float64Array) => {
        const { dx, dgain } = rmsNormBackward(dy, from, scales, whole);
        addTo(gradients.get(`${name}.weight`)!, dgain);
        return dx as Float64Array;
      },
    };
  };
  // OLMo 2 has no norm before a branch, and calls that behind attention as others call that before the MLP.
  const isBehind = weights.has('model.layers.0.post_feedforward_layernorm.weight');
  const attentionEnd = (p: string) => (isBehind ? `${p}post_attention_layernorm` : '');
  const mlpStart = (p: string) => {
    if (isGemma) return `${p}pre_feedforward_layernorm`;
    return isBehind ? '' : `${p}post_attention_layernorm`;
  };
  const backward: ((dx: Float64Array) => Float64Array)[] = [];
  const states: Float64Array[] = [];
  for (let layer = 0; layer < config.layers; layer++) {
    const p = `model.layers.${layer}.`;
    const x1 = x;
    states.push(x1);
    const n1 = norm(x1, `${p}input_layernorm`);
    const [atQuery, atKey, atValue] = linearsAt(`${p}self_attn.`, 'qkv_proj', {
      q_proj: heads * headDim,
      k_proj: kvHeads * headDim,
      v_proj: kvHeads * headDim,
    }) as [LinearAt, LinearAt, LinearAt];
    const [atGate, atUp] = linearsAt(`${p}mlp.`, 'gate_up_proj', { gate_proj: mlp, up_proj: mlp }) as [
      LinearAt,
      LinearAt,
    ];
    const atOutput = linearAt(`${p}self_attn.o_proj`, heads * headDim);
    const atDown = linearAt(`${p}mlp.down_proj`, mlp);
    const query = norm(project(n1.y, atQuery), `${p}self_attn.q_norm`);
    const key = norm(project(n1.y, atKey), `${p}self_attn.k_norm`);
    const v = project(n1.y, atValue);
    const q = times(turn(query.y, layer, heads, 1), queryScale);
    const k = turn(key.y, layer, kvHeads, 1);
    const o = store(attention(q, k, v, shape).o);
    const attended = norm(project(o, atOutput), attentionEnd(p));
    const x2 = store(sum(x1, attended.y));
    const n2 = norm(x2, mlpStart(p));
    const gateUp = besides(project(n2.y, atGate), project(n2.y, atUp), mlp);
    const h = store(swiglu(gateUp, mlp, activation));
    const added = norm(project(h, atDown), `${p}post_feedforward_layernorm`);
    x = store(sum(x2, added.y));
    backward.push((dx) => {
      const dGateUp = swigluBackward(projectBackward(added.backward(dx), h, atDown), gateUp, mlp, activation);
      const dn2 = sum(
        projectBackward(half(dGateUp, mlp, 0), n2.y, atGate),
        projectBackward(half(dGateUp, mlp, 1), n2.y, atUp),
      );
      const dx2 = sum(dx, n2.backward(dn2));
      const dO = projectBackward(attended.backward(dx2), o, atOutput);
      const { dq, dk, dv } = attentionBackward(dO, q, k, v, shape);
      const dn1 = sum(
        projectBackward(query.backward(turn(times(dq, queryScale), layer, heads, -1)), n1.y, atQuery),
        projectBackward(key.backward(turn(dk, layer, kvHeads, -1)), n1.y, atKey),
        projectBackward(dv, n1.y, atValue),
      );
      return sum(dx2, n1.backward(dn1));
    });
  }
  const final = norm(x, 'model.norm');
  states.push(final.y);
  const head = linearAt(config.tied ? 'model.embed_tokens' : 'lm_head', hidden);
  const logits = project(final.y, head);
  const rowLogits = (row: number) => logits.subarray(row * vocabulary, (row + 1) * vocabulary);
  const dLogits = new Float64Array(logits.length);
  let loss = 0;
  for (const { row, label } of targets) {
    loss += crossEntropy(rowLogits(row), [label])[0]! * scale;
    dLogits.set(crossEntropyBackward(rowLogits(row), [label], scale), row * vocabulary);
  }
  const dFinal = projectBackward(dLogits, final.y, head);
  const dx = backward.reduceRight((gradient, step) => step(gradient), final.backward(dFinal));
  const dEmbedding = gradients.get('model.embed_tokens.weight')!;
  ids.forEach((id, r) => {
    const row = times(dx.subarray(r * hidden, (r + 1) * hidden), embeddingScale);
    addTo(dEmbedding.subarray(id * hidden, (id + 1) * hidden), row);
  });
  return { loss, targets: targets.length, logits, gradients, states, inputs };
}

function addTo(target: Float64Array, source: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i]! += source[i]!;
}

function times(x: Float64Array, factor: number): Float64Array {
  return factor === 1 ? x : x.map((value) => value * factor);
}

function sum(...terms: readonly Float64Array[]): Float64Array<ArrayBuffer> {
  const total = new Float64Array(terms[0]!.length);
  for (const term of terms) addTo(total, term);
  return total;
}

/** [a_r | b_r] for every row r. */
function besides(a: Float64Array, b: Float64Array, columns: number): Float64Array {
  const out = new Float64Array(a.length * 2);
  for (let r = 0; r < a.length / columns; r++) {
    out.set(a.subarray(r * columns, (r + 1) * columns), r * 2 * columns);
    out.set(b.subarray(r * columns, (r + 1) * columns), (r * 2 + 1) * columns);
  }
  return out;
}

function half(x: Float64Array, columns: number, which: 0 | 1): Float64Array {
  const out = new Float64Array(x.length / 2);
  for (let r = 0; r < out.length / columns; r++) {
    out.set(x.subarray((2 * r + which) * columns, (2 * r + which + 1) * columns), r * columns);
  }
  return out;
}
