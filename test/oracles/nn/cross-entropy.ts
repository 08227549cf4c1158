/** −log softmax(logits_r)[target_r] for every row. logits [rows, vocabulary]. */
export function crossEntropy(logits: Float64Array, targets: ArrayLike<number>): Float64Array {
  const vocabulary = logits.length / targets.length;
  return Float64Array.from({ length: targets.length }, (_, r) => {
    const row = logits.subarray(r * vocabulary, (r + 1) * vocabulary);
    return logSumExp(row) - row[targets[r]!]!;
  });
}

/** dlogits_r = scale · (softmax(logits_r) − onehot(target_r)). */
export function crossEntropyBackward(logits: Float64Array, targets: ArrayLike<number>, scale: number): Float64Array {
  const vocabulary = logits.length / targets.length;
  const d = new Float64Array(logits.length);
  for (let r = 0; r < targets.length; r++) {
    const row = logits.subarray(r * vocabulary, (r + 1) * vocabulary);
    const total = logSumExp(row);
    for (let c = 0; c < vocabulary; c++)
      d[r * vocabulary + c] = scale * (Math.exp(row[c]! - total) - (c === targets[r] ? 1 : 0));
  }
  return d;
}

function logSumExp(row: Float64Array): number {
  const max = row.reduce((a, b) => Math.max(a, b));
  return max + Math.log(row.reduce((sum, x) => sum + Math.exp(x - max), 0));
}
