import { exitCodes } from '../diagnostics/exit-codes.js';
import { printableLine } from '../diagnostics/printable.js';
import { formatBytes } from '../formats/byte-size.js';
import { type Collection, collect } from '../store/collect.js';
import { sumOf } from '../store/inventory.js';
import { sizeLimit } from '../store/size-limit.js';
import { type CacheCommand, expectNothing } from './cache-command.js';
import { print, printJson } from './output.js';

export const collectGarbage: CacheCommand = async (store, rest, invocation) => {
  expectNothing('gc', rest);
  const given = invocation.value('limit') ?? process.env.RUNFLOW_STORE_LIMIT;
  const dryRun = invocation.switch('dry-run');
  const collection = await collect(store, {
    dryRun,
    limit: (used) => sizeLimit(given, store.path, used, store.folder.disk),
  });
  if (invocation.switch('json')) {
    const { limit, ...more } = collection;
    printJson({ store: store.path, dryRun, limit: Number.isFinite(limit) ? limit : null, ...more });
  } else {
    print(collectionText(collection, store.path, dryRun));
  }
  return exitCodes.done;
};

/** What a gc freed, what is left, and why it is more than the limit if it is. */
function collectionText(collection: Collection, path: string, dryRun = false): string {
  const { actions, objects, litter, bytesBefore, bytesAfter, limit, neededBytes } = collection;
  const parts = [count(actions.length, 'step'), count(objects, 'object')];
  for (const what of ['temporary file', 'scratch folder', 'run record', 'file record', 'log', 'observation'] as const) {
    const found = litter.filter((item) => item.what === what);
    if (found.length > 0) parts.push(count(found.length, what));
  }
  const lines = [`${dryRun ? 'would free' : 'freed'} ${formatBytes(bytesBefore - bytesAfter)}: ${parts.join(', ')}`];
  for (const workflow of [...new Set(actions.map((action) => action.workflow))].sort()) {
    const gone = actions.filter((action) => action.workflow === workflow);
    lines.push(`  of ${printableLine(workflow)}: ${count(gone.length, 'step')}, ${formatBytes(sumOf(gone))}`);
  }
  const limitText = Number.isFinite(limit) ? `limit ${formatBytes(limit)}` : 'no limit';
  lines.push(`${path}: ${formatBytes(bytesAfter)}, ${limitText}`);
  if (bytesAfter > limit) {
    lines.push(`over the limit: recent, pinned and running runs need ${formatBytes(neededBytes)} (see runflow runs)`);
  }
  return `${lines.join('\n')}\n`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
