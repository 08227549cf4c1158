import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { executableOf } from '../../../src/programs/executable.js';
import { programEnvironment } from '../../../src/programs/program-environment.js';
import { runProgram } from '../../../src/programs/run-program.js';
import { WorkingFolder } from '../../../src/programs/working-folder.js';

/** A working folder in which programs of a test run. */
export class ProgramLab {
  readonly root: string;
  readonly folder: WorkingFolder;
  output = '';

  private constructor(root: string, folder: WorkingFolder) {
    this.root = root;
    this.folder = folder;
  }

  static async make(): Promise<ProgramLab> {
    const root = await mkdtemp(join(tmpdir(), 'runflow-program-'));
    return new ProgramLab(root, await WorkingFolder.make(join(root, 'command')));
  }

  /** Runs a Node program of this text to its end. */
  async node(
    text: string,
    options: {
      readonly timeoutSeconds?: number;
      readonly signal?: AbortSignal;
      readonly variables?: Readonly<Record<string, string>>;
      readonly outputBytes?: number;
    } = {},
  ): Promise<void> {
    const { timeoutSeconds = 60, signal, variables = {}, outputBytes = 1 << 20 } = options;
    await this.run(['node', '-e', text], { timeoutSeconds, signal, variables, outputBytes });
  }

  async run(
    argv: readonly string[],
    options: {
      readonly timeoutSeconds: number;
      readonly signal?: AbortSignal | undefined;
      readonly variables: Readonly<Record<string, string>>;
      readonly outputBytes: number;
    },
  ): Promise<void> {
    const { timeoutSeconds, signal, variables, outputBytes } = options;
    const environment = { ...process.env, ...variables };
    const given = programEnvironment(Object.keys(variables), this.folder.temporary, environment);
    await runProgram({
      file: executableOf(argv[0]!, this.folder.path, environment),
      arguments: argv.slice(1),
      folder: this.folder.path,
      environment: given.variables,
      text: 'the program',
      mark: this.root,
      timeoutSeconds,
      secrets: given.secrets,
      signal,
      onOutput: (text) => {
        this.output += text;
      },
      overstepped: () => this.folder.overstepped(outputBytes),
    });
  }
}

/** Whether a process is there and has not ended: one that nobody has asked about yet is only a name. */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

/** A Node program that starts another, which leaves its process group and says its number, and then lives for ever. */
export const escaping = (then: string) => `
  const { spawn } = require('node:child_process');
  const { writeFileSync } = require('node:fs');
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
  child.unref();
  writeFileSync('outputs/pids', process.pid + ' ' + child.pid);
  ${then}`;
