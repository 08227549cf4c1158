import { exitCodes } from '../diagnostics/exit-codes.js';
import { printableLine } from '../diagnostics/printable.js';
import { formatBytes } from '../formats/byte-size.js';
import { verifyStore } from '../store/verify.js';
import { type CacheCommand, expectNothing } from './cache-command.js';
import { print, printJson } from './output.js';

/** How many of the steps that need a damaged object are named. */
const stepsShown = 5;

export const verify: CacheCommand = async (store, rest, invocation) => {
  expectNothing('verify', rest);
  const json = invocation.switch('json');
  const damage: { what: string; problem: string; steps: readonly string[] }[] = [];
  let objects = 0;
  let bytes = 0;
  for await (const finding of verifyStore(store)) {
    if (finding.type === 'object') {
      objects += 1;
      bytes += finding.bytes;
      continue;
    }
    const { what, problem, steps } = finding;
    damage.push({ what, problem, steps });
    if (!json) print(damageText(what, problem, steps));
  }
  if (json) {
    printJson({ store: store.path, objects, bytes, damage });
  } else {
    const verdict = damage.length === 0 ? 'all sound' : `${damage.length} damaged and thrown away: run again to mend`;
    print(`${objects} object${objects === 1 ? '' : 's'}, ${formatBytes(bytes)}: ${verdict}\n`);
  }
  return damage.length === 0 ? exitCodes.done : exitCodes.stepFailed;
};

function damageText(what: string, problem: string, steps: readonly string[]): string {
  const shown = steps.slice(0, stepsShown).map((step) => `  needed by ${printableLine(step)}\n`);
  if (steps.length > stepsShown) shown.push(`  and ${steps.length - stepsShown} more steps\n`);
  return `${printableLine(what)}: ${problem}\n${shown.join('')}`;
}
