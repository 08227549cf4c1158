import { exitCodes } from '../diagnostics/exit-codes.js';
import { printableLine } from '../diagnostics/printable.js';
import { formatBytes } from '../formats/byte-size.js';
import type { Digest } from '../formats/digest.js';
import { globMatches } from '../plan/glob.js';
import { listActions, listObjects, outputBytes, sumOf, usage } from '../store/inventory.js';
import { sizeLimit } from '../store/size-limit.js';
import type { Store } from '../store/store.js';
import { type CacheCommand, expectNothing } from './cache-command.js';
import { columns } from './columns.js';
import { print, printJson } from './output.js';

interface Entry {
  readonly key: Digest;
  readonly kind: string;
  readonly step: string;
  readonly workflow: string;
  /** Size of its outputs in the store. */
  readonly bytes: number;
  readonly seconds: number;
  /** ISO 8601 */
  readonly lastUsed: string;
}

export const list: CacheCommand = async (store, [pattern], invocation) => {
  const entries = entriesOf(store);
  if (pattern !== undefined) {
    const matches = globMatches(pattern);
    listSteps(
      entries.filter(({ step }) => matches(step)),
      invocation.switch('json'),
    );
  } else {
    listKinds(store, entries, invocation.switch('json'));
  }
  return exitCodes.done;
};

export const diskUsage: CacheCommand = async (store, rest, invocation) => {
  expectNothing('du', rest);
  const areas = usage(store.folder);
  const bytes = Object.values(areas).reduce((total, area) => total + area, 0);
  const limit = sizeLimit(process.env.RUNFLOW_STORE_LIMIT, store.path, bytes, store.folder.disk);
  if (invocation.switch('json')) {
    printJson({ store: store.path, bytes, limit: Number.isFinite(limit) ? limit : null, areas });
    return exitCodes.done;
  }
  const rows = Object.entries(areas).map(([area, size]) => [area, formatBytes(size)]);
  print(columns([...rows, ['total', formatBytes(bytes)]], [1]));
  print(`${store.path}, limit ${Number.isFinite(limit) ? formatBytes(limit) : 'none'}\n`);
  return exitCodes.done;
};

function entriesOf(store: Store): readonly Entry[] {
  const uses = store.runs.lastUses();
  return listActions(store).flatMap(({ key, action, modified }) => {
    if (action === 'garbage') return [];
    const { kind, step, workflow, seconds } = action;
    const lastUsed = new Date(uses.get(key) ?? modified).toISOString();
    return [{ key, kind, step, workflow, bytes: outputBytes(action), seconds, lastUsed }];
  });
}

function listSteps(entries: readonly Entry[], json: boolean): void {
  const steps = entries.toSorted((a, b) => b.lastUsed.localeCompare(a.lastUsed) || a.step.localeCompare(b.step));
  if (json) {
    printJson({ steps });
    return;
  }
  const rows = steps.map(({ step, workflow, bytes, seconds, lastUsed, key }) => [
    printableLine(step),
    printableLine(workflow),
    formatBytes(bytes),
    `${seconds.toFixed(1)} s`,
    day(lastUsed),
    key.slice(7, 19),
  ]);
  print(columns([['STEP', 'WORKFLOW', 'SIZE', 'TOOK', 'LAST USED', 'KEY'], ...rows], [2, 3]));
}

function listKinds(store: Store, entries: readonly Entry[], json: boolean): void {
  const kinds = [...new Set(entries.map(({ kind }) => kind))].sort().map((kind) => {
    const steps = entries.filter((entry) => entry.kind === kind);
    const uses = steps.map(({ lastUsed }) => lastUsed).sort();
    return { kind, steps: steps.length, bytes: sumOf(steps), lastUsed: uses.at(-1)! };
  });
  const stored = listObjects(store.folder);
  const objects = { count: stored.length, bytes: sumOf(stored) };
  if (json) {
    printJson({ store: store.path, kinds, objects });
    return;
  }
  const rows = kinds.map(({ kind, steps, bytes, lastUsed }) => [
    printableLine(kind),
    String(steps),
    formatBytes(bytes),
    day(lastUsed),
  ]);
  if (rows.length > 0) print(columns([['KIND', 'STEPS', 'SIZE', 'LAST USED'], ...rows], [1, 2]));
  // Equal outputs are one object, so that the sizes may add up to more.
  print(`${objects.count} objects, ${formatBytes(objects.bytes)}, in ${store.path}\n`);
}

/** `2024-06-07 12:34`, local time. */
export function day(iso: string): string {
  const date = new Date(iso);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
