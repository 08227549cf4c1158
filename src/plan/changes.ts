import type { Action } from '../formats/action.js';
import type { Digest } from '../formats/digest.js';
import type { Json } from '../formats/json.js';
import type { Step } from '../steps/step.js';
import type { Fingerprint } from './key.js';

/** One thing that is not as it was when the step was last done. Undefined: it was not there, or is not any more. */
export type Change =
  | { readonly what: 'parameter'; readonly path: string; readonly before?: Json; readonly after?: Json }
  | {
      readonly what: 'input';
      readonly name: string;
      readonly before?: { readonly node: string; readonly output: string; readonly digest: Digest };
      readonly after?: { readonly node: string; readonly output: string; readonly digest: Digest };
      /** Files of a program that are not as they were, where both lists of files are known. */
      readonly files?: readonly FileChange[];
    }
  | { readonly what: 'revision'; readonly before: number; readonly after: number }
  | { readonly what: 'device'; readonly before: string | undefined; readonly after: string | undefined };

export interface FileChange {
  readonly name: string;
  readonly is: 'changed' | 'new' | 'gone';
}

/** Everything in which a fingerprint differs from the last time. */
export function changesSince(before: Action, after: Fingerprint): Change[] {
  const changes = parameterChanges(before.params, after.params);
  for (const name of new Set([...Object.keys(before.inputs), ...Object.keys(after.inputs)])) {
    const [old, now] = [before.inputs[name], after.inputs[name]];
    if (old === undefined || now === undefined || !sameContent(old, now)) {
      const files = fileChanges(old, now);
      changes.push({
        what: 'input',
        name,
        ...(old === undefined ? {} : { before: place(old) }),
        ...(now === undefined ? {} : { after: place(now) }),
        ...(files.length > 0 && { files }),
      });
    }
  }
  if (before.revision !== after.revision) {
    changes.push({ what: 'revision', before: before.revision, after: after.revision });
  }
  if (before.deviceClass !== after.deviceClass) {
    changes.push({ what: 'device', before: before.deviceClass, after: after.deviceClass });
  }
  return changes;
}

/** What can be said of a step whose inputs are not known yet. */
export function knownChangesSince(before: Action, step: Step, revision: number): Change[] {
  const changes = parameterChanges(before.params, step.params);
  if (before.revision !== revision) changes.push({ what: 'revision', before: before.revision, after: revision });
  return changes;
}

type ActionInput = Action['inputs'][string];

function sameContent(a: ActionInput, b: ActionInput): boolean {
  return a.digest === b.digest && JSON.stringify(a.tensor) === JSON.stringify(b.tensor);
}

/** None where the files of either side are not known. */
function fileChanges(before: ActionInput | undefined, after: ActionInput | undefined): FileChange[] {
  const [old, now] = [before === undefined ? {} : before.files, after === undefined ? {} : after.files];
  if (old === undefined || now === undefined) return [];
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
  return names.flatMap((name): FileChange[] => {
    if (!Object.hasOwn(old, name)) return [{ name, is: 'new' }];
    if (!Object.hasOwn(now, name)) return [{ name, is: 'gone' }];
    return old[name] === now[name] ? [] : [{ name, is: 'changed' }];
  });
}

function place({ node, output, digest }: ActionInput) {
  return { node, output, digest };
}

/** Paths of the params that differ. */
export function changedParams(before: Json, after: Json): string[] {
  return parameterChanges(before, after).flatMap((change) => (change.what === 'parameter' ? [change.path] : []));
}

/** Changes by path, as deep as both sides are objects or lists of objects; a list of plain values is shown whole. */
function parameterChanges(before: Json, after: Json): Change[] {
  const changes: Change[] = [];
  const pending: { path: string; before: Json | undefined; after: Json | undefined }[] = [{ path: '', before, after }];
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    const [old, now] = [members(pair.before), members(pair.after)];
    if (old !== undefined && now !== undefined && Array.isArray(pair.before) === Array.isArray(pair.after)) {
      for (const key of [...new Set([...Object.keys(now), ...Object.keys(old)])].reverse()) {
        const step = Array.isArray(pair.after) ? `[${key}]` : pair.path === '' ? key : `.${key}`;
        pending.push({ path: pair.path + step, before: old[key], after: now[key] });
      }
    } else if (JSON.stringify(pair.before) !== JSON.stringify(pair.after)) {
      changes.push({
        what: 'parameter',
        path: pair.path,
        ...(pair.before === undefined ? {} : { before: pair.before }),
        ...(pair.after === undefined ? {} : { after: pair.after }),
      });
    }
  }
  return changes;
}

function members(value: Json | undefined): Readonly<Record<string, Json>> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const isPlainList = Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null);
  return isPlainList ? undefined : (value as Readonly<Record<string, Json>>);
}
