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

/** An estimate on a screen: a line a group of steps, one for all, and what is not known. */
export function estimateText(shown: EstimateFor): string {
  const { estimated, study, device, assumed } = shown;
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
        `  does not fit: ${id} needs at least ${formatBytes(needs)} of device memory, ${device?.name ?? 'this device'} has ${has}`,
      ),
    );
  }
  if (assumed.length > 0) lines.push(printableLine(`  assumed: ${assumed.join(', ')}`));
  const { unknown } = estimated.costs;
  if (unknown.length > 0) {
    lines.push('  not known yet:', ...unknown.map(({ what, bound }) => printableLine(`    ${what}: ${bound}`)));
  }
  lines.push(`  not counted: ${notCounted.join('; ')}`);
  return `${lines.join('\n')}\n`;
}

/** An estimate as JSON: the plan, and what it takes. */
export function describeEstimate(shown: EstimateFor) {
  const { estimated, here, device, assumed } = shown;
  const { groups, all, seconds } = estimated.totals;
  const { deviceClass, description, speed } = here;
  return {
    ...describePlan(estimated),
    estimate: {
      device: device === undefined ? { name: description, deviceClass, measured: speed } : { ...device, host: speed },
      groups: [...groups].map(([group, total]) => ({ group, ...total })),
      all,
      seconds: Object.fromEntries(seconds),
      tooLarge: tooLarge(shown),
      unknown: estimated.costs.unknown,
      assumed,
      notCounted,
    },
  };
}

function machineText({ here, device }: EstimateFor): string {
  const { description, speed } = here;
  if (device !== undefined) {
    const { name, teraflops, gigabytes, memory, source, date } = device;
    const figures = `${teraflops} TFLOP/s, ${gigabytes} GB/s, ${memory} GiB`;
    return `${name}: ${figures} (${source}, ${date}); host and disk as here, measured ${speed.measured}`;
  }
  const { gigaflops, gigabytes } = speed.device;
  return printableLine(
    `${description}: ${gigaflops.toFixed(1)} GFLOP/s, ${gigabytes.toFixed(1)} GB/s, measured ${speed.measured}`,
  );
}

function cellsOf({ steps, flop, fetch, disk, hostMemory, deviceMemory, seconds }: Total): string[] {
  const bytes = (range: Range) => (range.most === 0 ? '' : rangeText(range, formatBytes));
  return [
    String(steps),
    flop.most === 0 ? '' : rangeText(flop, flopText),
    ...[fetch, disk, hostMemory, deviceMemory].map(bytes),
    rangeText(seconds, duration),
  ];
}

/** `1.2 GiB`, `1.2 GiB to 3 GiB`, `1.2 GiB or more`. */
function rangeText({ least, most }: Range, text: (value: number) => string): string {
  if (most === null) return `${text(least)} or more`;
  const [from, to] = [text(least), text(most)];
  return from === to ? from : `${from} to ${to}`;
}

function counted(count: number): string {
  return Math.round(count).toLocaleString('en');
}

const prefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z'] as const;

/** `2.1 T`. */
function flopText(flop: number): string {
  const at = Math.max(0, Math.min(prefixes.length - 1, Math.floor(Math.log10(Math.max(1, flop)) / 3)));
  return `${Number((flop / 1000 ** at).toPrecision(2))} ${prefixes[at]}`.trimEnd();
}

function deviceBytes({ here, device }: EstimateFor): number | undefined {
  return device === undefined ? (here.speed.memoryBudget ?? undefined) : device.memory * 2 ** 30;
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
