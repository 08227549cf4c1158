import type { Transforms } from '../formats/dataset-choices.js';
import type { Json } from '../formats/json.js';
import { type Dataset, type MixPart, partsOf } from './datasets.js';
import type { Named } from './definition.js';
import type { Path } from './document.js';
import type { Scope } from './scope.js';

/** What Hugging Face makes of every dataset: its splits as parquet files, on a branch of its own. */
const parquetBranch = 'refs/convert/parquet';

export type RawDataset = RawTransforms &
  (
    | { readonly path: string; readonly files?: readonly string[] }
    | {
        readonly hub: string;
        readonly split?: string;
        readonly config?: string;
        readonly files?: readonly string[];
        readonly revision?: string;
      }
    | { readonly mix: Named<number | 'all'>; readonly total?: number }
    | {
        readonly synthetic: 'problems';
        readonly rows: number;
        readonly seed?: number;
        readonly split?: 'train' | 'test';
      }
    | {
        readonly synthetic: 'vaults';
        readonly rows: number;
        readonly seed?: number;
        readonly answer: 'comply' | 'refuse';
        readonly vaults?: readonly [number, number];
      }
  );

interface RawTransforms {
  readonly where?: Named<Json>;
  readonly shuffle?: number;
  readonly sample?: number;
  readonly skip?: number;
  readonly take?: number;
  readonly columns?: Named<string>;
}

export function resolveDatasets(scope: Scope, raw: Named<RawDataset> | undefined, seed: number): Map<string, Dataset> {
  return scope.section('datasets', raw, (written, dataset, path): Dataset => {
    const definition = { ...written, transforms: transformsOf(scope, dataset, path) };
    if ('path' in dataset) {
      return { ...definition, kind: 'path', path: dataset.path, ...(dataset.files && { files: dataset.files }) };
    }
    if ('hub' in dataset) return { ...definition, ...resolveHub(scope, dataset, path) };
    if ('mix' in dataset) {
      const parts = resolveMix(scope, dataset.mix, dataset.total, path);
      return { ...definition, kind: 'mix', parts, ...(dataset.total !== undefined && { total: dataset.total }) };
    }
    const { rows } = dataset;
    const own = dataset.seed ?? seed;
    if (dataset.synthetic === 'problems') {
      const what = { kind: 'problems', rows, seed: own, split: dataset.split ?? 'train' } as const;
      return { ...definition, kind: 'synthetic', what };
    }
    const vaults = dataset.vaults ?? [1, 16];
    if (vaults[0] > vaults[1]) {
      const message = `the first vault, ${vaults[0]}, comes after the last, ${vaults[1]}`;
      scope.refuse([...path, 'vaults'], 'out-of-range', message, 'Give the smaller number first.');
    }
    return {
      ...definition,
      kind: 'synthetic',
      what: { kind: 'vaults', rows, seed: own, answer: dataset.answer, vaults },
    };
  });
}

function resolveHub(
  scope: Scope,
  { hub: repo, split, config, files, revision }: Extract<RawDataset, { readonly hub: string }>,
  path: Path,
) {
  if ((split === undefined) === (files === undefined)) {
    const message = `${path.join('.')} ${split === undefined ? 'says neither which split nor which files' : 'names both a split and files'}`;
    scope.refuse(path, 'ambiguous-rows', message, 'Give one of them, for example: split: train');
  } else if (split === undefined && config !== undefined) {
    scope.refuse(
      [...path, 'config'],
      'ambiguous-rows',
      'a configuration is of a split; here files are named',
      'Remove it.',
    );
  }
  const rows = files === undefined ? { config: config ?? 'default', split: split ?? '' } : { files };
  return { kind: 'hub', repo, revision: revision ?? (files === undefined ? parquetBranch : 'main'), rows } as const;
}

/** Parts in the order of their names: two workflows that differ in the order of keys alone are the same. */
function resolveMix(scope: Scope, mix: Named<number | 'all'>, total: number | undefined, path: Path): MixPart[] {
  const parts = sortedEntries(mix).map(([dataset, amount]): MixPart => {
    const at = [...path, 'mix', dataset];
    scope.reference('datasets', dataset, at);
    if (total !== undefined) {
      if (typeof amount === 'number' && amount <= 1) return { dataset, share: amount };
      const message = `${amount} is not a share of the total: with total, every part is above 0 and at most 1`;
      scope.refuse(at, 'invalid-mix', message, 'Leave out total to give numbers of rows.');
    } else if (typeof amount === 'number' && !Number.isInteger(amount)) {
      scope.refuse(at, 'invalid-mix', `${amount} is not a number of rows`, 'Give total: for shares, or whole numbers.');
    }
    return { dataset, count: amount };
  });
  const shares = parts.reduce((sum, { share }) => sum + (share ?? 0), 0);
  if (total !== undefined && parts.every(({ share }) => share !== undefined) && Math.abs(shares - 1) > 1e-9) {
    scope.refuse([...path, 'mix'], 'invalid-mix', `the shares sum to ${Number(shares.toPrecision(12))}, not to 1`);
  }
  return parts;
}

function transformsOf(scope: Scope, transforms: RawTransforms, path: Path): Transforms {
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

function sortedEntries<T>(record: Named<T>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Reports mixes that contain themselves. */
export function checkDatasetCycles(scope: Scope, datasets: ReadonlyMap<string, Dataset>): void {
  scope.checkCycles('datasets', (name) => {
    const dataset = datasets.get(name);
    return dataset === undefined ? [] : partsOf(dataset);
  });
}
