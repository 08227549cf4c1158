import { readAccess, writeAccess } from '../gpu/element-access.js';
import type { Binding, DeviceBuffer, Gpu } from '../gpu/gpu.js';
import type { DecoderConfig } from './config.js';
import { wholeVectors } from './kernel-shape.js';

type Heads = Pick<DecoderConfig, 'heads' | 'kvHeads' | 'headDim' | 'queryScalar'>;

/** Consecutive rows of one sequence. */
export interface RowRun {
  readonly first: number;
  readonly count: number;
}

/** How the attention kernels cut their work on a device. */
export interface AttentionTiling {
  /** Lanes that share their loads; 1 without subgroups. */
  readonly lanes: number;
  readonly invocations: number;
  /** Queries (rows × heads of a group) and keys that an invocation holds in registers. */
  readonly queries: number;
  readonly keys: number;
  /** Keys, or queries, that it reads at a time. */
  readonly chunk: number;
  /** Rows of a tile of queries and of a tile of keys. */
  readonly queryRows: number;
  readonly keyRows: number;
}

/**
 * On a CPU driver a load costs as much as dozens of multiplications, so an invocation holds two queries where they leave
 * registers free; a card wants many invocations. All unrolled code grows with queries · chunk · headDim, and drivers take
 * seconds for much of it: the chunk is just what gives every lane of a subgroup something to load.
 */
export function attentionTiling(gpu: Gpu, { heads, kvHeads, headDim }: Heads): AttentionTiling {
  const group = heads / kvHeads;
  const vectors = Math.ceil(headDim / 4);
  const subgroup = Math.max(1, gpu.subgroupSize);
  const chunk = Math.ceil(Math.max(subgroup, 8) / vectors);
  const queries = gpu.adapter.software && headDim <= 32 ? 2 : 1;
  const wanted = Math.max(gpu.adapter.software ? subgroup : 64, Math.ceil(group / queries));
  const invocations = Math.ceil(wanted / subgroup) * subgroup;
  return {
    lanes: greatestCommonDivisor(chunk * vectors, subgroup),
    invocations,
    queries,
    keys: 1,
    chunk,
    queryRows: Math.floor((invocations * queries) / group),
    keyRows: invocations,
  };
}

/** A sequence's query rows and where its keys begin: query row i sees `seen` + i keys. */
export interface QueryRun extends RowRun {
  readonly firstKey: number;
  readonly seen: number;
}

/** Tiles of attention.wgsl and attention-backward-query.wgsl: four words a tile. */
export function queryTiles(runs: readonly QueryRun[], { queryRows }: AttentionTiling): Uint32Array {
  return Uint32Array.from(
    runs.flatMap(({ first, count, firstKey, seen }) =>
      starts(count, queryRows).flatMap((i) => [first + i, Math.min(queryRows, count - i), firstKey, seen + i]),
    ),
  );
}

/** Tiles of attention-backward-key.wgsl for sequences whose rows are queries and keys at once. */
export function keyTiles(runs: readonly RowRun[], { keyRows }: AttentionTiling): Uint32Array {
  return Uint32Array.from(
    runs.flatMap(({ first, count }) =>
      starts(count, keyRows).flatMap((i) => [first + i, Math.min(keyRows, count - i), first + count, 0]),
    ),
  );
}

/** Heads of queries, keys or values: columns `offset` … of rows of `stride` numbers. */
export interface HeadColumns {
  readonly buffer: DeviceBuffer;
  readonly stride: number;
  readonly offset: number;
}

export interface Tiles {
  readonly binding: Binding;
  readonly count: number;
}

export interface Attention {
  readonly config: Heads;
  readonly tiling: AttentionTiling;
  readonly q: HeadColumns;
  readonly k: HeadColumns;
  readonly v: HeadColumns;
  readonly tiles: Tiles;
  /** [rows, heads·headDim] */
  readonly out: DeviceBuffer;
  /** [rows, heads] */
  readonly logSumExp: DeviceBuffer;
}

/** Causal grouped-query attention; keys and values may be rows of a cache longer than the queries. */
export function attention(gpu: Gpu, { config, tiling, q, k, v, tiles, out, logSumExp }: Attention): void {
  const { heads, kvHeads, headDim } = config;
  const aligned = wholeVectors(headDim);
  gpu.dispatch({
    kernel: 'attention',
    constants: { HEAD_DIM: headDim, GROUP: heads / kvHeads, INVOCATIONS: tiling.invocations },
    text: {
      ...sharing(tiling, headDim),
      query: `${tiling.queries}`,
      key: `${tiling.chunk}`,
      q: readAccess('q', 0, 'F32', aligned && wholeVectors(q.stride, q.offset)),
      k: readAccess('k', 1, 'F32', aligned && wholeVectors(k.stride, k.offset)),
      v: readAccess('v', 2, 'F32', aligned && wholeVectors(v.stride, v.offset)),
      o: writeAccess('o', 4, aligned),
    },
    bindings: [q.buffer, k.buffer, v.buffer, tiles.binding, out, logSumExp],
    uniforms: [...[q, k, v].flatMap(({ stride, offset }) => [stride, offset]), kvHeads, { f32: scoreScale(config) }],
    workgroups: [tiles.count, kvHeads],
  });
}

/** What scores are multiplied by. */
function scoreScale({ headDim, queryScalar = headDim }: Heads): number {
  return queryScalar ** -0.5;
}

export interface AttentionBackward {
  readonly config: Heads;
  readonly tiling: AttentionTiling;
  /** [rows, (heads + 2·kvHeads)·headDim]: queries, keys and values side by side. */
  readonly qkv: DeviceBuffer;
  readonly out: DeviceBuffer;
  readonly dOut: DeviceBuffer;
  readonly logSumExp: DeviceBuffer;
  readonly queryTiles: Tiles;
  readonly keyTiles: Tiles;
  /** Gradient of qkv, laid out as qkv. */
  readonly dQkv: DeviceBuffer;
  /** [rows, heads], scratch. */
  readonly delta: DeviceBuffer;
}

export function attentionBackward(gpu: Gpu, backward: AttentionBackward): void {
  const { config, tiling, qkv, out, dOut, logSumExp, queryTiles, keyTiles, dQkv, delta } = backward;
  const { heads, kvHeads, headDim } = config;
  const aligned = wholeVectors(headDim);
  const constants = { HEAD_DIM: headDim, HEADS: heads, KV_HEADS: kvHeads, INVOCATIONS: tiling.invocations };
  const uniforms = [{ f32: scoreScale(config) }];
  gpu.dispatch({
    kernel: 'attention-backward-query',
    constants,
    text: {
      ...sharing(tiling, headDim),
      query: `${tiling.queries}`,
      key: `${tiling.chunk}`,
      qkv: readAccess('qkv', 0, 'F32', aligned),
      out: readAccess('out', 1, 'F32', aligned),
      d_out: readAccess('d_out', 2, 'F32', aligned),
      d_qkv: writeAccess('d_qkv', 5, aligned),
    },
    bindings: [qkv, out, dOut, logSumExp, queryTiles.binding, dQkv, delta],
    uniforms,
    workgroups: [queryTiles.count, kvHeads],
  });
  gpu.dispatch({
    kernel: 'attention-backward-key',
    constants,
    text: {
      ...sharing(tiling, headDim),
      key: `${tiling.keys}`,
      query: `${tiling.chunk}`,
      qkv: readAccess('qkv', 0, 'F32', aligned),
      d_out: readAccess('d_out', 1, 'F32', aligned),
      d_qkv: writeAccess('d_qkv', 5, aligned),
    },
    bindings: [qkv, dOut, logSumExp, delta, keyTiles.binding, dQkv],
    uniforms,
    workgroups: [keyTiles.count, kvHeads],
  });
}

/** Text that makes the lanes of a subgroup share their loads, or without subgroups each lane load for itself. */
function sharing({ lanes, chunk }: AttentionTiling, headDim: number): Record<string, string> {
  const vectors = Math.ceil(headDim / 4);
  const shared = lanes > 1;
  return {
    vector: `${vectors}`,
    lane: `${lanes}`,
    part: `${(chunk * vectors) / lanes}`,
    enable: shared ? 'enable subgroups;' : 'fn own(x : vec4f, lane : u32) -> vec4f { return x; }',
    lane_parameter: shared ? ', @builtin(subgroup_invocation_id) subgroup_lane : u32' : '',
    lane_index: shared ? `(subgroup_lane % ${lanes}u)` : '0u',
    spread: shared ? 'subgroupBroadcast' : 'own',
  };
}

function starts(count: number, step: number): number[] {
  return Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
