import { resolve, sep } from 'node:path';
import type { Json } from '../formats/json.js';
import { pathFields } from './paths.js';
import type { LoadedWorkflow } from './workflow.js';

/** A file or folder of the user's that a workflow names. */
export interface LocalInput {
  /** `models.base` */
  readonly definition: string;
  /** Absolute. */
  readonly path: string;
}

/** What a workflow reads from this machine's disk besides its own files: checkpoints and data. Whether they are there is open. */
export function localInputs({ document }: Pick<LoadedWorkflow, 'document'>): readonly LocalInput[] {
  return pathFields.flatMap((field) =>
    valuesAt(document, field).map(({ keys, value }) => ({ definition: keys.slice(0, 2).join('.'), path: value })),
  );
}

/** Whether a path lies in a folder, or is the folder itself. */
export function liesIn(folder: string, path: string): boolean {
  const [above, below] = [resolve(folder), resolve(path)];
  return below === above || below.startsWith(above.endsWith(sep) ? above : above + sep);
}

/** The texts at a field, `*` in which stands for every key. */
function valuesAt(
  node: Json,
  field: readonly string[],
  keys: readonly string[] = [],
): { keys: string[]; value: string }[] {
  const [key, ...below] = field;
  if (key === undefined) return typeof node === 'string' ? [{ keys: [...keys], value: node }] : [];
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return [];
  const names = key === '*' ? Object.keys(node) : Object.hasOwn(node, key) ? [key] : [];
  return names.flatMap((name) => valuesAt((node as Record<string, Json>)[name]!, below, [...keys, name]));
}
