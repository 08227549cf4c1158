import type { Transforms } from '../../formats/dataset-choices.js';
import type { Json } from '../../formats/json.js';
import type { Named } from '../definition.js';
import type { Path } from '../document.js';
import type { Scope } from '../scope.js';

/** What every kind of dataset may do to its rows. */
export interface RawTransforms {
  readonly where?: Named<Json>;
  readonly shuffle?: number;
  readonly sample?: number;
  readonly skip?: number;
  readonly take?: number;
  readonly columns?: Named<string>;
}

export function resolveTransforms(scope: Scope, transforms: RawTransforms, path: Path): Transforms {
  const { where, shuffle, sample, skip, take, columns } = transforms;
  const other = (['shuffle', 'skip'] as const).find((name) => transforms[name] !== undefined);
  if (sample !== undefined && other !== undefined) {
    const message = `a sample has an order of its own: ${other} does nothing beside it`;
    scope.refuse([...path, other], 'invalid-combination', message, `Remove ${other}, or sample.`);
  }
  for (const [column, condition] of Object.entries(where ?? {})) {
    if (typeof condition !== 'object' || condition === null || !('any' in condition && 'not' in condition)) continue;
    const message = `"any" and "not" cannot be asked of column ${column} together`;
    scope.refuse([...path, 'where', column], 'invalid-combination', message, 'Keep one of them.');
  }
  return {
    ...(where && { where: Object.fromEntries(sortedEntries(where)) }),
    ...(shuffle !== undefined && { shuffle }),
    ...(sample !== undefined && { sample }),
    ...(skip !== undefined && skip > 0 && { skip }),
    ...(take !== undefined && { take }),
    ...(columns && { columns: Object.fromEntries(sortedEntries(columns)) }),
  };
}

/** Entries by their names: where the order of keys means nothing, it changes nothing. */
export function sortedEntries<T>(record: Named<T>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
