import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { EnvironmentError } from '../diagnostics/errors.js';
import { exitCodes } from '../diagnostics/exit-codes.js';
import { printableLine } from '../diagnostics/printable.js';
import { runflowVersion } from '../diagnostics/version.js';
import { formatBytes } from '../formats/byte-size.js';
import { chooseDriver } from '../gpu/driver.js';
import { type InstalledDevice, installedDevices } from '../gpu/installed-devices.js';
import { kernelFeatures } from '../gpu/kernel-source.js';
import { forgetProbes } from '../gpu/probe-cache.js';
import { forgetSpeeds } from '../gpu/speed-cache.js';
import { columns } from './columns.js';
import type { Command } from './command.js';
import type { DeviceReport } from './doctor-device.js';
import { asksForQueue, examineQueueOf, queueOptions } from './doctor-queue.js';
import { print, printJson } from './output.js';

const deviceTimeoutMilliseconds = 180_000;

export const command: Command = {
  name: 'doctor',
  usage: '[FILE]',
  summary: 'Say which GPU is used, whether it computes correctly, and how fast; or what a cluster lacks',
  positionals: { min: 0, max: 1 },
  completes: ['workflow'],
  options: { json: { description: 'One JSON object instead of text' }, ...queueOptions },
  details: [
    'RUNFLOW_ADAPTER chooses among the adapters listed. Looks for them afresh, and forgets what estimates measured; other commands remember.',
    'With --executor it has the queue start a short job on one host after the other, with what FILE asks of a cluster, and says',
    'what runners would lack there.',
    'Exit codes: 0 all is well, 3 there is no adapter, it does not compute correctly, or a cluster lacks something.',
  ].join('\n'),
  async run(invocation) {
    if (asksForQueue(invocation)) return examineQueueOf(invocation);
    await forgetProbes();
    await forgetSpeeds();
    const report = await examineMachine();
    if (invocation.switch('json')) printJson(report, 2);
    else print(text(report));
    const healthy = report.device?.checks.every(({ passed }) => passed) ?? false;
    return healthy ? exitCodes.done : exitCodes.environment;
  },
};

/** What `--json` prints. */
interface Report {
  readonly runflow: string;
  readonly node: string;
  readonly adapters: readonly Adapter[];
  /** Devices in the order in which `--devices` counts them. */
  readonly devices: readonly InstalledDevice[];
  /** RUNFLOW_ADAPTER, and the one of `adapters` or the name that it stands for. */
  readonly wanted: string;
  readonly selected?: string;
  /** Absent when there is none; `error` then says why. */
  readonly device?: DeviceReport;
  readonly error?: string;
  readonly advice: readonly string[];
}

interface Adapter {
  /** Value of RUNFLOW_ADAPTER that selects it. */
  readonly selector: string;
  readonly description?: string;
  readonly deviceClass?: string;
  /** Why there is none. */
  readonly missing?: string;
}

async function examineMachine(): Promise<Report> {
  const machine = {
    runflow: runflowVersion(),
    node: process.versions.node,
    adapters: await surveyAdapters(),
    devices: await installedDevices(process.env),
    wanted: process.env.RUNFLOW_ADAPTER || 'auto',
  };
  try {
    const { selector } = await chooseDriver();
    const result = await examine(selector);
    if ('device' in result)
      return { ...machine, selected: selector, ...result, advice: adviceFor(selector, machine.adapters) };
    return { ...machine, selected: selector, error: result.error, advice: [result.hint] };
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return { ...machine, error: error.message, advice: error.hint === undefined ? [] : [error.hint] };
  }
}

async function surveyAdapters(): Promise<Adapter[]> {
  const found: Adapter[] = [];
  for (const selector of ['hardware', 'lavapipe', 'swiftshader']) {
    try {
      const { description, deviceClass } = (await chooseDriver({ ...process.env, RUNFLOW_ADAPTER: selector })).adapter;
      found.push({ selector, description, deviceClass });
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      found.push({ selector, missing: error.hint ?? error.message });
    }
  }
  return found;
}

/** Tries the device of a run in a child process: a driver that crashes or hangs takes only the child along. */
async function examine(selector: string): Promise<{ device: DeviceReport } | { error: string; hint: string }> {
  const script = fileURLToPath(new URL('./doctor-device.js', import.meta.url));
  const { stdout, timedOut, signal, exitCode } = await execa(process.execPath, [script], {
    reject: false,
    stdin: 'ignore',
    stderr: 'ignore',
    timeout: deviceTimeoutMilliseconds,
  });
  const line = stdout.split('\n').at(-1)!;
  if (line.startsWith('{')) return JSON.parse(line);
  const end = timedOut ? `gave no answer within ${deviceTimeoutMilliseconds / 1000} s` : `died (${signal ?? exitCode})`;
  return { error: `A process that tried out ${selector} ${end}.`, hint: 'Update its driver, or set RUNFLOW_ADAPTER.' };
}

function adviceFor(selected: string, adapters: readonly Adapter[]): string[] {
  if (selected !== 'lavapipe' && selected !== 'swiftshader') return [];
  const faster = adapters.slice(0, selected === 'lavapipe' ? 1 : 2);
  const present = faster.find(({ missing }) => missing === undefined);
  if (present !== undefined) return [`Faster: RUNFLOW_ADAPTER=${present.selector} or auto.`];
  return faster.map(({ selector }) =>
    selector === 'hardware'
      ? 'Faster with a graphics card: install its Vulkan driver; runflow then takes it by itself.'
      : 'Faster without one: install Mesa 25 or newer for its software GPU, lavapipe (Debian 12: apt install -t bookworm-backports mesa-vulkan-drivers).',
  );
}

function deviceRow({ selector, deviceClass, address, confusedWith }: InstalledDevice, number: number): string[] {
  const confused = confusedWith === undefined ? '' : `: cannot be told apart from ${confusedWith}`;
  const place = address === undefined ? '' : ` at ${address}`;
  return [`  ${number}`, printableLine(`${selector}${place}${confused}`), deviceClass];
}

function text(report: Report): string {
  const { device } = report;
  const lines = [`runflow ${report.runflow}, Node ${report.node}`, '', 'Adapters (RUNFLOW_ADAPTER):'];
  lines.push(
    columns(
      report.adapters.map(({ selector, description, missing }) => [
        `  ${selector}`,
        printableLine(description ?? `none: ${missing}`),
      ]),
    ).trimEnd(),
  );
  lines.push('', 'Devices (--devices):', columns(report.devices.map(deviceRow)).trimEnd());
  if (device === undefined) {
    lines.push('', `error: ${report.error}`);
  } else {
    const { adapter, limits, speed, subgroupSize } = device;
    const usedFeatures = new Set<string>(kernelFeatures);
    const rows = [
      ['device class', adapter.deviceClass],
      ['largest buffer', formatBytes(limits.maxBufferSize)],
      ['largest binding', formatBytes(limits.maxStorageBufferBindingSize)],
      ['workgroup memory', formatBytes(limits.maxComputeWorkgroupStorageSize)],
      ['buffers a kernel', `${limits.maxStorageBuffersPerShaderStage}`],
      ['invocations a workgroup', `${limits.maxComputeInvocationsPerWorkgroup}`],
      ['subgroup size', subgroupSize === 0 ? 'not fixed' : `${subgroupSize}`],
      ['features', device.features.filter((name) => usedFeatures.has(name)).join(', ') || 'none'],
      ...device.checks.map(({ name, passed, detail }) => [name, `${passed ? 'ok' : 'FAILED'}: ${detail}`]),
      ['matrix product', `${speed.gigaflops.toFixed(1)} GFLOP/s (f32)`],
      ['memory', `${speed.gigabytes.toFixed(1)} GB/s (f32 to bf16)`],
    ];
    lines.push('', `In use (${report.wanted} is ${report.selected}): ${printableLine(adapter.description)}`);
    lines.push(columns(rows.map(([name, value]) => [`  ${name}`, value!])).trimEnd());
  }
  for (const advice of report.advice) lines.push('', advice);
  return `${lines.join('\n')}\n`;
}
