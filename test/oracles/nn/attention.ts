/** Query row r sees the key rows first[r] … last[r] − 1. Heads are column blocks; key head of query head h is ⌊h·kvHeads/heads⌋. */
export interface AttentionShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly first: ArrayLike<number>;
  readonly last: ArrayLike<number>;
}

/** o = softmax(q·kᵀ/√headDim)·v and the log-sum-exp of the scores. q [rows, heads·headDim], k and v [keys, kvHeads·headDim]. */
export function attention(q: Float64Array, k: Float64Array, v: Float64Array, shape: AttentionShape) {
  const { heads, headDim } = shape;
  const rows = shape.first.length;
  const o = new Float64Array(rows * heads * headDim);
  const logSumExp = new Float64Array(rows * heads);
  forEachHead(shape, (r, h, queryAt, keyAt) => {
    const scores = scoresOf(q, k, shape, r, queryAt, keyAt);
    const max = Math.max(...scores);
    const total = scores.reduce((sum, s) => sum + Math.exp(s - max), 0);
    logSumExp[r * heads + h] = max + Math.log(total);
    scores.forEach((s, j) => {
      const p = Math.exp(s - max) / total;
      for (let c = 0; c < headDim; c++) o[queryAt + c]! += p * v[keyAt(shape.first[r]! + j) + c]!;
    });
  });
  return { o, logSumExp };
}

/** dv = pᵀ·do, ds = p ⊙ (do·vᵀ − rowsum(do ⊙ o)), dq = ds·k/√headDim, dk = dsᵀ·q/√headDim. */
export function attentionBackward(
  dO: Float64Array,
  q: Float64Array,
  k: Float64Array,
  v: Float64Array,
  shape: AttentionShape,
) {
  const { headDim } = shape;
  const dq = new Float64Array(q.length);
  const dk = new Float64Array(k.length);
  const dv = new Float64Array(v.length);
  const { o, logSumExp } = attention(q, k, v, shape);
  forEachHead(shape, (r, h, queryAt, keyAt) => {
    const scores = scoresOf(q, k, shape, r, queryAt, keyAt);
    let delta = 0;
    for (let c = 0; c < headDim; c++) delta += dO[queryAt + c]! * o[queryAt + c]!;
    scores.forEach((s, j) => {
      const at = keyAt(shape.first[r]! + j);
      const p = Math.exp(s - logSumExp[r * shape.heads + h]!);
      let dp = 0;
      for (let c = 0; c < headDim; c++) {
        dp += dO[queryAt + c]! * v[at + c]!;
        dv[at + c]! += p * dO[queryAt + c]!;
      }
      const ds = (p * (dp - delta)) / Math.sqrt(headDim);
      for (let c = 0; c < headDim; c++) {
        dq[queryAt + c]! += ds * k[at + c]!;
        dk[at + c]! += ds * q[queryAt + c]!;
      }
    });
  });
  return { dq, dk, dv };
}

function forEachHead(
  { heads, kvHeads, headDim, first }: AttentionShape,
  visit: (row: number, head: number, queryAt: number, keyAt: (key: number) => number) => void,
): void {
  for (let r = 0; r < first.length; r++)
    for (let h = 0; h < heads; h++) {
      const kvHead = Math.floor((h * kvHeads) / heads);
      visit(r, h, (r * heads + h) * headDim, (key) => (key * kvHeads + kvHead) * headDim);
    }
}

function scoresOf(
  q: Float64Array,
  k: Float64Array,
  { headDim, first, last }: AttentionShape,
  row: number,
  queryAt: number,
  keyAt: (key: number) => number,
): number[] {
  const scores: number[] = [];
  for (let j = first[row]!; j < last[row]!; j++) {
    let dot = 0;
    for (let c = 0; c < headDim; c++) dot += q[queryAt + c]! * k[keyAt(j) + c]!;
    scores.push(dot / Math.sqrt(headDim));
  }
  return scores;
}
