import type { Json, JsonObject } from '../formats/json.js';
import type { StepKind } from '../steps/contracts.js';
import type { Input, Step } from '../steps/step.js';

/** Kinds of steps that make a table of rows, each of inputs whose names begin with the index of the row. */
const tableKinds: readonly StepKind[] = [
  'energy-table',
  'overlap-table',
  'evaluation-table',
  'activation-table',
  'spectrum-table',
  'cosine-table',
  'angle-table',
  'cka-table',
  'realign-table',
  'loss-table',
  'data-table',
];

/** What a row is made of: inputs by the end of their names. */
interface PooledRow {
  readonly row: Json;
  readonly inputs: Readonly<Record<string, Input>>;
}

export function isTableOfRows({ kind }: Step): boolean {
  return (tableKinds as readonly string[]).includes(kind);
}

/**
 * One table of those of several cells that differ in the workflow's seed: each row with its seed as the training seed. What
 * cells share stands there once: of a row whose inputs are the same in all cells the seed is none, for it depends on none, and
 * one that is the same in some cells counts for the first of them.
 *
 * @param tables steps of one kind, one a cell, of the plan of all cells
 * @param seeds of the cells, in their order
 * @returns the only step where all cells have the same
 */
export function pooledTable(tables: readonly Step[], seeds: readonly number[], id: string, cell: string): Step {
  const [first] = tables as [Step];
  if (tables.every((step) => step.id === first.id)) return first;
  const rows = tables.map(rowsOf);
  const cellsWith = new Map<string, Set<number>>();
  const identity = (row: PooledRow) => JSON.stringify([row.row, Object.entries(row.inputs)]);
  for (const [index, ofCell] of rows.entries()) {
    for (const row of ofCell) {
      const key = identity(row);
      cellsWith.set(key, (cellsWith.get(key) ?? new Set()).add(index));
    }
  }
  const pooled: { readonly row: PooledRow; readonly seed: number | null }[] = [];
  const known = new Set<string>();
  for (let at = 0; at < Math.max(...rows.map(({ length }) => length)); at++) {
    for (const [index, ofCell] of rows.entries()) {
      const row = ofCell[at];
      if (row === undefined) continue;
      const key = identity(row);
      if (known.has(key)) continue;
      known.add(key);
      pooled.push({ row, seed: cellsWith.get(key)!.size === tables.length ? null : seeds[index]! });
    }
  }
  const inputs: Record<string, Input> = {};
  for (const [at, { row }] of pooled.entries()) {
    for (const [end, input] of Object.entries(row.inputs)) inputs[`${at}${end}`] = input;
  }
  const params = paramsOf(first, pooled);
  const { kind } = first;
  return Object.freeze({
    id,
    ...(cell === '' ? {} : { cell }),
    kind,
    params,
    inputs,
    group: 'Tables of all seeds',
    origin: 'matrix',
  });
}

/** The rows of a table, without the items of scores: those stand in the cells' own results. */
function rowsOf({ params, inputs }: Step): PooledRow[] {
  const { rows, models } = params as { rows?: readonly JsonObject[]; models?: readonly string[] };
  const ends: Record<string, Input>[] = (rows ?? models!).map(() => ({}));
  for (const [name, input] of Object.entries(inputs)) {
    const [, index, end] = /^(\d+)(.*)$/s.exec(name)!;
    if (end !== '/items') ends[Number(index)]![end!] = input;
  }
  return ends.map((own, index) => {
    const row = rows === undefined ? models![index]! : rows[index]!;
    const isScored = typeof row === 'object' && 'items' in row;
    return { row: isScored ? { ...row, items: false } : row, inputs: own };
  });
}

function paramsOf(
  { params }: Step,
  pooled: readonly { readonly row: PooledRow; readonly seed: number | null }[],
): JsonObject {
  if ('models' in params) {
    return { models: pooled.map(({ row }) => row.row), trainingSeeds: pooled.map(({ seed }) => seed) };
  }
  const rows = pooled.map(({ row: { row }, seed }) => {
    return seed === null ? row : { ...(row as JsonObject), trainingSeed: seed };
  });
  return { ...params, rows };
}
