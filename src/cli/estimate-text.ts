import { flopText, rangeText } from '../cost/range-text.js';
import type { Range, Total } from '../cost/totals.js';
import { printableLine } from '../diagnostics/printable.js';
import { formatBytes } from '../formats/byte-size.js';
import { describePlan } from '../run/plan.js';
import { duration } from '../run/render/text.js';
import { columns } from './columns.js';
import type { EstimateFor } from './estimate.js';

/** What no number of an estimate has in it. */
const notCounted = [
  'the time of downloads and of answers of judges',
  'the text of rows and responses on disk, which is small beside weights',
  'what the processes themselves take of memory',
] as const;

/** What the numbers are worth. */
const notes = [
  'time is an estimate of counted work and of rates, and runs take longer: README.md has comparisons',
  'of tables, figures and the report it is known how much they read; what they write is taken to be at most as much',
  'small results and files, such as energies and configurations, are taken to have some constant or largest size',
] as const;

/** An estimate on a screen: a line a group of steps, one for all, and what is not known. */
export function estimateText(shown: EstimateFor): string {
  const { estimated, study, assumed, store } = shown;
  const { groups, all } = estimated.totals;
  const cached = estimated.steps.length - estimated.costs.steps.length;
  const head = `${study.name}: ${estimated.steps.length} steps, ${cached} cached and free, ${all.steps} to run`;
  const rows = [...groups, ['in all', all] as const].map(([name, total]) => [name, ...cellsOf(total)]);
  const titles = ['', 'steps', 'flop', 'to fetch', 'disk', 'host memory', 'device memory', 'time'];
  const table = columns([titles, ...rows].map(([first, ...cells]) => [`  ${printableLine(first!)}`, ...cells]));
  const lines = [printableLine(head), `  for ${machineText(shown)}`, table.trimEnd()];
  if (all.judgeRequests.most !== 0) {
    const { judgeRequests, judgeTokens } = all;
    const asked = rangeText(judgeRequests, counted);
    lines.push(`  to ask judges: ${asked} questions, ${rangeText(judgeTokens, counted)} tokens`);
  }
  for (const { id, needs } of tooLarge(shown)) {
    const has = formatBytes(deviceBytes(shown)!);
    lines.push(
      printableLine(
        `  does not fit: ${id} needs at least ${formatBytes(needs)} of device memory, ${'published' in shown.device ? shown.device.published.name : 'this device'} has ${has}`,
      ),
    );
  }
  if (all.disk.least > store.free) {
    const [needs, free] = [all.disk.least, store.free].map(formatBytes);
    lines.push(
      printableLine(`  does not fit: the store grows by at least ${needs}, ${free} are free at ${store.path}`),
    );
  }
  if (assumed.length > 0) lines.push(printableLine(`  assumed: ${assumed.join(', ')}`));
  const { unknown, unused } = estimated.costs;
  if (unused.length > 0) {
    lines.push(
      printableLine(`  assumed for nothing: ${unused.join(', ')}: no step that is to run needs it, or it is known`),
    );
  }
  if (unknown.length > 0) {
    lines.push('  not known yet:', ...unknown.map(({ what, bound }) => printableLine(`    ${what}: ${bound}`)));
  }
  lines.push(`  not counted: ${notCounted.join('; ')}`, `  note: ${notes.join('; ')}`);
  return `${lines.join('\n')}\n`;
}

/** An estimate as JSON: the plan, and what it takes. */
export function describeEstimate(shown: EstimateFor) {
  const { estimated, host, device, store, assumed } = shown;
  const { groups, all, seconds } = estimated.totals;
  return {
    ...describePlan(estimated),
    estimate: {
      device: 'published' in device ? device.published : { name: device.here.description, ...device.here },
      host,
      store,
      groups: [...groups].map(([group, total]) => ({ group, ...total })),
      all,
      seconds: Object.fromEntries(seconds),
      tooLarge: tooLarge(shown),
      unknown: estimated.costs.unknown,
      assumed,
      assumedForNothing: estimated.costs.unused,
      notCounted,
      notes,
    },
  };
}

function machineText({ host, device }: EstimateFor): string {
  const around = `host, and disk of ${host.diskFolder}, as here, measured ${host.speed.measured}`;
  if ('published' in device) {
    const { name, teraflops, gigabytes, memory, source } = device.published;
    const figures = `${teraflops} TFLOP/s, ${gigabytes} GB/s, ${memory} GiB`;
    return printableLine(`${name}: ${figures} (${source}); ${around}`);
  }
  const { description, speed } = device.here;
  const { gigaflops, gigabytes } = speed.device;
  const figures = `${gigaflops.toFixed(1)} GFLOP/s, ${gigabytes.toFixed(1)} GB/s, measured ${speed.measured}`;
  return printableLine(`${description}: ${figures}; ${around}`);
}

function cellsOf({ steps, flop, fetch, disk, hostMemory, deviceMemory, seconds }: Total): string[] {
  const bytes = (range: Range) => (range.most === 0 ? '' : rangeText(range, formatBytes));
  return [
    String(steps),
    flop.most === 0 ? '' : rangeText(flop, flopText),
    ...[fetch, disk, hostMemory, deviceMemory].map(bytes),
    `about ${rangeText(seconds, roundedDuration)}`,
  ];
}

/** Two digits: more would say more than an estimate knows. */
function roundedDuration(seconds: number): string {
  return duration(Number(seconds.toPrecision(2)));
}

function counted(count: number): string {
  return Math.round(count).toLocaleString('en');
}

function deviceBytes({ device }: EstimateFor): number | undefined {
  return 'published' in device ? device.published.memory * 2 ** 30 : (device.here.speed.memoryBudget ?? undefined);
}

/** Steps that need more of the device's memory than there is, one a group. */
function tooLarge(shown: EstimateFor): { readonly id: string; readonly needs: number }[] {
  const has = deviceBytes(shown) ?? Number.POSITIVE_INFINITY;
  const groups = new Map<string, { readonly id: string; readonly needs: number }>();
  for (const { step, least } of shown.estimated.costs.steps) {
    const before = groups.get(step.group)?.needs ?? has;
    if (least.deviceMemory > before) groups.set(step.group, { id: step.id, needs: least.deviceMemory });
  }
  return [...groups.values()];
}
