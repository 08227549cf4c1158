import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import type { RunEvent } from '../src/run/events.js';

const binary = fileURLToPath(new URL('../../bin/runflow.js', import.meta.url));

/** A command that has ended. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Lines of `--json`; empty without it. */
  readonly events: readonly RunEvent[];
}

/** A command on its way. */
export interface Started {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<Ended>;
  /** Resolves at the first event that matches, with it. Rejects when the command ends without one. */
  event(matches: (event: RunEvent) => boolean): Promise<RunEvent>;
}

/** A folder with a store of its own, in which the real command line is run. */
export class Sandbox {
  readonly folder: string;
  readonly #environment: Record<string, string>;

  private constructor(folder: string, store: string) {
    this.folder = folder;
    this.#environment = { RUNFLOW_STORE: store, HF_HOME: join(folder, 'hf'), HF_HUB_OFFLINE: '1', NO_COLOR: '1' };
  }

  static async make(): Promise<Sandbox> {
    const folder = await mkdtemp(join(tmpdir(), 'runflow-test-'));
    return new Sandbox(folder, join(folder, 'store'));
  }

  /** The same folder with another store. */
  withStore(store: string): Sandbox {
    return new Sandbox(this.folder, store);
  }

  get store(): string {
    return this.#environment.RUNFLOW_STORE!;
  }

  path(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  async write(name: string, text: string): Promise<void> {
    await writeFile(this.path(name), text);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  start(argv: readonly string[], environment: Readonly<Record<string, string>> = {}): Started {
    const child = spawn(process.execPath, [binary, ...argv], {
      cwd: this.folder,
      env: { ...process.env, ...this.#environment, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => (stdout += part));
    child.stderr.setEncoding('utf8').on('data', (part: string) => (stderr += part));
    const events = () => (argv.includes('--json') && argv[0] === 'run' ? eventsIn(stdout) : []);
    const ended = new Promise<Ended>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status) => resolve({ status, stdout, stderr, events: events() }));
    });
    const event = (matches: (event: RunEvent) => boolean) =>
      new Promise<RunEvent>((resolve, reject) => {
        const look = () => {
          const found = events().find(matches);
          if (found !== undefined) resolve(found);
        };
        child.stdout.on('data', look);
        look();
        void ended.then(() => reject(new Error(`the command ended before the event: ${stdout}${stderr}`)));
      });
    return { child, ended, event };
  }

  runflow(argv: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return this.start(argv, environment).ended;
  }

  /** `runflow run FILE --json …`, which must end with exit code 0. */
  async run(argv: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const ended = await this.runflow(['run', ...argv, '--json'], environment);
    assert.is(ended.status, 0, ended.stdout + ended.stderr);
    return ended;
  }
}

function eventsIn(stdout: string): RunEvent[] {
  return stdout
    .slice(0, stdout.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RunEvent);
}

/** Ids of the steps that ran, in their order. */
export function ranSteps({ events }: Ended): string[] {
  return events.flatMap((event) => (event.type === 'step-finished' ? [event.step] : []));
}

export function summaryOf({ events, stdout, stderr }: Ended): Extract<RunEvent, { type: 'summary' }> {
  const last = events.at(-1);
  if (last?.type !== 'summary') throw new Error(`the last line is no summary: ${stdout}${stderr}`);
  return last;
}

/** The worker processes of a runner. Waits until there is one: a step is announced before the worker that it needs. */
export async function workersOf(runner: number): Promise<number[]> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const children = readFileSync(`/proc/${runner}/task/${runner}/children`, 'utf8').split(' ').filter(Boolean);
    // Never an empty string as a number: process 0 is the whole group of this test, the test runner's included.
    if (children.length > 0) return children.map(Number);
    if (performance.now() > deadline) throw new Error(`process ${runner} has started no worker`);
    await new Promise((resume) => setTimeout(resume, 20));
  }
}

/** Whether a process is there; a zombie is not. */
export function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

/** An error as a person must find it: no more than a screen, no stack trace, nothing that calls itself a bug. */
export function assertOneScreen({ stdout, stderr, status }: Ended, exitCode: number): void {
  const text = stdout + stderr;
  assert.is(status, exitCode, text);
  assert.ok(text.split('\n').length <= 24, text);
  assert.not.match(text, /bug of runflow|^\s+at .*:\d+:\d+\)?$/m);
}
