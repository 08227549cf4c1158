/** The fields of a Hugging Face config.json that decide tensor names and shapes. */
export interface Architecture {
  readonly family: 'llama' | 'qwen2';
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly mlp: number;
  readonly vocabulary: number;
  readonly tied: boolean;
  /** Llama: biases on q, k, v and o. Qwen2 always has them on q, k and v, never on o. */
  readonly attentionBias?: boolean;
  /** Biases on gate, up and down. */
  readonly mlpBias?: boolean;
  readonly ropeTheta: number;
  readonly normEpsilon: number;
  readonly contextLength: number;
}

export const embeddingTensor = 'model.embed_tokens.weight';
export const outputTensor = 'lm_head.weight';

/** Names and shapes of a checkpoint's tensors, as Hugging Face transformers names them: weights are [out, in]. */
export function architectureTensors(architecture: Architecture): Map<string, readonly number[]> {
  const { hidden, heads, kvHeads, headDim, mlp, vocabulary, attentionBias = false, mlpBias = false } = architecture;
  const qkvBias = architecture.family === 'qwen2' || attentionBias;
  const outputBias = architecture.family === 'llama' && attentionBias;
  const tensors = new Map<string, readonly number[]>([[embeddingTensor, [vocabulary, hidden]]]);
  const projections = [
    ['self_attn.q_proj', heads * headDim, hidden, qkvBias],
    ['self_attn.k_proj', kvHeads * headDim, hidden, qkvBias],
    ['self_attn.v_proj', kvHeads * headDim, hidden, qkvBias],
    ['self_attn.o_proj', hidden, heads * headDim, outputBias],
    ['mlp.gate_proj', mlp, hidden, mlpBias],
    ['mlp.up_proj', mlp, hidden, mlpBias],
    ['mlp.down_proj', hidden, mlp, mlpBias],
  ] as const;
  for (let layer = 0; layer < architecture.layers; layer++) {
    const prefix = `model.layers.${layer}`;
    tensors.set(`${prefix}.input_layernorm.weight`, [hidden]);
    tensors.set(`${prefix}.post_attention_layernorm.weight`, [hidden]);
    for (const [name, rows, columns, bias] of projections) {
      tensors.set(`${prefix}.${name}.weight`, [rows, columns]);
      if (bias) tensors.set(`${prefix}.${name}.bias`, [rows]);
    }
  }
  tensors.set('model.norm.weight', [hidden]);
  if (!architecture.tied) tensors.set(outputTensor, [vocabulary, hidden]);
  return tensors;
}

/** True for a table that is computed from the architecture and was yet stored with the weights, as Llama 2's files do. */
export function isRotaryTable(tensor: string): boolean {
  return tensor.endsWith('.rotary_emb.inv_freq');
}

/** True for an embedding that is the output layer, too. */
export function isTiedEmbedding(tensor: string, tied: boolean): boolean {
  return tied && tensor === 'model.embed_tokens.weight';
}

/** True for an output layer that is stored although it is tied to the embedding, which is there too. */
export function isTiedCopy(tensor: string, tied: boolean, has: (tensor: string) => boolean): boolean {
  return tied && tensor === outputTensor && has(embeddingTensor);
}
