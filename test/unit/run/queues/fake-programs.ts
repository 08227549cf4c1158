import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a fake program was started with. */
export interface Call {
  readonly program: string;
  readonly argv: readonly string[];
  readonly stdin: string;
  /** Names of the variables it was given. */
  readonly variables: readonly string[];
}

/** A folder of programs that record how they are started, and do what a test says. */
export class FakePrograms {
  readonly folder = mkdtempSync(join(tmpdir(), 'runflow-queue-'));
  readonly #calls = join(this.folder, 'calls');

  /** The environment in which the programs are found. */
  get environment(): NodeJS.ProcessEnv {
    return { PATH: join(this.folder, 'bin'), HOME: this.folder };
  }

  /** @param then JavaScript that follows the recording, such as `console.log('7')` */
  add(program: string, then: string): void {
    const bin = join(this.folder, 'bin');
    mkdirSync(bin, { recursive: true });
    const file = join(bin, program);
    const text = `#!${process.execPath}
const { appendFileSync, readFileSync } = require('node:fs');
const call = { program: ${JSON.stringify(program)}, argv: process.argv.slice(2), stdin: readFileSync(0, 'utf8'), variables: Object.keys(process.env).sort() };
appendFileSync(${JSON.stringify(this.#calls)}, JSON.stringify(call) + '\\n');
${then}
`;
    writeFileSync(file, text);
    chmodSync(file, 0o755);
  }

  get calls(): Call[] {
    if (!existsSync(this.#calls)) return [];
    const lines = readFileSync(this.#calls, 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line) as Call);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
