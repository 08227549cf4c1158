/**
 * Runs the tests: `node dist/test/run.js [PATTERN…] [--adapter NAME] [--coverage]`. A pattern is part of a test file's path.
 * Every file is a process of its own, so that a crash, a hang or a file without tests is one failure with a name. The
 * environment decides nothing: RUNFLOW_ADAPTER does not choose the device, `--adapter` does.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { EnvironmentError } from '../src/diagnostics/errors.js';
import { chooseDriver, workerEnvironment } from '../src/gpu/driver.js';
import { testEnvironment } from './environment.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const coverageFolder = path.join(root, 'coverage', 'processes');
/** Ten times what the longest file takes on two idle cores: only a hang lasts so long, not a machine with other work. */
const fileTimeoutMilliseconds = 1_800_000;
/** Tiers of a group share the cores; the second group, which starts whole runs, follows when the first is done. */
const tierGroups = [
  ['unit', 'device'],
  ['e2e', 'faults'],
];
/** Drills with a real queue wait for its time-outs most of the time: they go one after the other beside all else. */
const waiting = /\/slurm[^/]*\.test\.js$/;
/** Tiers whose tests open a device. */
const tiersWithDevice = ['device', 'e2e', 'faults'];

interface FileResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why something was skipped: lines `skipped: …` that the file printed. */
  readonly reasons: readonly string[];
}

const { values: options, positionals: patterns } = parseArgs({
  allowPositionals: true,
  options: { adapter: { type: 'string' }, coverage: { type: 'boolean', default: false } },
});

const environment = testEnvironment(process.env);
if (options.adapter !== undefined) environment.RUNFLOW_ADAPTER = options.adapter;
let noDevice: string | undefined;
try {
  const driver = await chooseDriver(environment);
  Object.assign(environment, workerEnvironment(driver));
  console.log(`device: ${driver.adapter.description} (${driver.adapter.deviceClass})`);
} catch (error) {
  if (!(error instanceof EnvironmentError) || options.adapter !== undefined) throw error;
  noDevice = `${error.message} ${error.hint ?? ''}`;
}
if (options.coverage) {
  rmSync(coverageFolder, { recursive: true, force: true });
  environment.NODE_V8_COVERAGE = coverageFolder;
}

const results: FileResult[] = [];
const skipReasons = new Map<string, Set<string>>();
for (const tiers of tierGroups) {
  const files = tiers.flatMap((tier) => testFiles(tier).map((file) => ({ tier, file })));
  const drills = files.filter(({ file }) => waiting.test(file));
  const queue = interleave(files.filter(({ file }) => !waiting.test(file)));
  const workers = Array.from({ length: Math.min(os.availableParallelism(), 4) }, () => runAll(queue));
  await Promise.all([...workers, runAll(drills)]);
}

for (const [tier, reasons] of skipReasons) for (const reason of reasons) console.log(`${tier}: skipped: ${reason}`);
if (options.coverage) await reportCoverage();
const total = (count: 'passed' | 'failed' | 'skipped') => results.reduce((sum, result) => sum + result[count], 0);
if (results.length === 0) console.log('no test file matches');
console.log(
  `${total('passed')} passed, ${total('failed')} failed${total('skipped') > 0 ? `, ${total('skipped')} skipped` : ''}`,
);
process.exitCode = total('failed') > 0 || total('passed') === 0 ? 1 : 0;

/** Compiled files that still have a source: dist may hold files of tests that were deleted. */
function testFiles(tier: string): string[] {
  const folder = path.join(root, 'test', tier);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => path.join('test', tier, file.replace(/\.ts$/, '.js')))
    .filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)))
    .sort();
}

/** Takes from the tiers in turn: a test of the host's fills the core that a test of the device leaves idle. */
function interleave<T extends { tier: string }>(files: readonly T[]): T[] {
  const byTier = [...new Set(files.map((file) => file.tier))].map((tier) => files.filter((file) => file.tier === tier));
  const longest = Math.max(0, ...byTier.map((tier) => tier.length));
  return Array.from({ length: longest }, (_, i) => byTier.flatMap((tier) => tier.slice(i, i + 1))).flat();
}

/** Runs files until none is left. */
async function runAll(queue: { readonly tier: string; readonly file: string }[]): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { tier, file } = next;
    const result =
      noDevice !== undefined && tiersWithDevice.includes(tier)
        ? { passed: 0, failed: 0, skipped: 1, reasons: [noDevice] }
        : await runFile(file);
    results.push(result);
    const reasons = skipReasons.get(tier) ?? new Set();
    for (const reason of result.reasons) reasons.add(reason);
    skipReasons.set(tier, reasons);
  }
}

async function runFile(file: string): Promise<FileResult> {
  const started = performance.now();
  const child = spawn(process.execPath, [path.join(root, 'dist', file)], {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const timer = setTimeout(() => child.kill('SIGKILL'), fileTimeoutMilliseconds);
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.on('close', (...end) => resolve(end));
  });
  clearTimeout(timer);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const [, all = 0, passed = 0, skipped = 0] =
    [...output.matchAll(/Total:\s+(\d+)\s+Passed:\s+(\d+)\s+Skipped:\s+(\d+)/g)].at(-1)?.map(Number) ?? [];
  const ended = signal === null ? `exit code ${code}` : `ended by ${signal}`;
  const trouble =
    signal === 'SIGKILL'
      ? `no end after ${fileTimeoutMilliseconds / 1000} s`
      : all + skipped === 0
        ? `no tests ran (${ended}): does the file call .run()?`
        : passed === all && code !== 0
          ? `all tests passed, but the process failed (${ended})`
          : undefined;
  const failed = trouble === undefined ? all - passed : Math.max(1, all - passed);
  if (failed > 0) console.log(output);
  console.log(
    `${failed > 0 ? '✘' : '✔'} ${file} ${passed} passed${failed > 0 ? `, ${failed} failed` : ''} (${seconds} s)`,
  );
  if (trouble !== undefined) console.log(`  ${trouble}`);
  return { passed, failed, skipped, reasons: [...output.matchAll(/^skipped: (.+)$/gm)].map(([, reason]) => reason!) };
}

/** Lines of src/ that the tests and the processes they started went through. */
async function reportCoverage(): Promise<void> {
  const c8 = fileURLToPath(import.meta.resolve('c8/bin/c8.js'));
  const report = ['report', '--temp-directory', coverageFolder, '--include', 'src/**', '--exclude-after-remap'];
  const child = spawn(process.execPath, [c8, ...report, '--reporter', 'text', '--reporter', 'html'], {
    cwd: root,
    stdio: 'inherit',
  });
  await new Promise((resolve) => child.on('close', resolve));
}
