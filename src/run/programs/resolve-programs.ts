import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize, relative, sep } from 'node:path';
import { InvalidWorkflowError } from '../../diagnostics/errors.js';
import { formatBytes } from '../../formats/byte-size.js';
import { encodeCanonical } from '../../formats/canonical.js';
import { type Digest, digestOf } from '../../formats/digest.js';
import { staysInside } from '../../formats/inner-path.js';
import { type ProgramInUse, programsInUse } from '../../plan/definitions-in-use.js';
import { type Program, workingFolders } from '../../workflow/program.js';
import type { Workflow } from '../../workflow/workflow.js';
import { fileAt, filesMatching, PatternProblem } from './matching-files.js';

/** A file that a program consists of. */
export interface ProgramFile {
  /** Name in the workflow's folder, with slashes. */
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  readonly bytes: number;
  readonly digest: Digest;
}

/** What a program consists of. */
interface ProgramContents {
  readonly files: readonly ProgramFile[];
  /** Digest of the workflow's folder, the commands, the names of variables, and the names and bytes of the files. */
  readonly digest: Digest;
}

/** A program of the user's with all that decides what it does: what a user allows. */
export interface ResolvedProgram extends ProgramInUse, ProgramContents {}

/** Contents of programs that were looked at before, by what workflows say of them: cells of one study have most in common. */
export type KnownContents = Map<string, ProgramContents>;

const mostFiles = 2000;
const mostBytes = 64 << 20;
/** A file for an interpreter, by its name. */
const scriptName = /^\S+\.(py|[cm]?[jt]s|sh|bash|r|jl|pl|rb|lua)$/i;

/**
 * Finds and hashes the files of every program that a workflow runs.
 * @param known what other cells of the study have; what is found is added to it
 * @throws InvalidWorkflowError that names the place of a pattern or argument that is no file of the workflow's folder
 */
export function resolvePrograms(workflow: Workflow, known: KnownContents = new Map()): ResolvedProgram[] {
  const folder = dirname(workflow.file);
  return programsInUse(workflow).map((one) => {
    const { run, version, env, files } = one.program;
    const said = JSON.stringify({ folder, run, version, env, files });
    try {
      const contents = known.get(said) ?? contentsOf(one.program, folder);
      known.set(said, contents);
      return { ...one, files: contents.files, digest: contents.digest };
    } catch (error) {
      if (!(error instanceof PatternProblem)) throw error;
      const { of, range } = one;
      const message = `${of}: ${error.message}`;
      const hint = error.hint === undefined ? {} : { hint: error.hint };
      throw new InvalidWorkflowError([{ severity: 'error', code: 'missing-path', message, range, ...hint }]);
    }
  });
}

function contentsOf({ run, module, version, env, files: patterns }: Program, folder: string): ProgramContents {
  const names = new Set(patterns.flatMap((pattern) => filesMatching(folder, pattern)));
  for (const text of [...run, ...(version ?? [])]) {
    const name = namedFile(text, folder);
    if (name !== undefined) names.add(name);
  }
  refuseWorkingFolders(names);
  for (const command of version === null ? [run] : [run, version]) {
    checkFound(command[0]!, names);
    checkScript(command, names);
  }
  if (names.size > mostFiles) throw new PatternProblem(`the command has ${names.size} files, and ${mostFiles} at most`);
  const budget = { left: mostBytes };
  const files = [...names].sort().map((name) => readFile(folder, name, budget));
  const resolved = {
    folder: realpathSync(folder),
    run,
    ...(module === true && { module }),
    version,
    env: [...env].sort(),
    files: files.map(({ name, digest }) => [name, digest]),
  };
  return { files, digest: digestOf(encodeCanonical(resolved)) };
}

/**
 * The file of the workflow's folder that an argument names; undefined when it names none.
 * @throws PatternProblem when it names one in a way by which the program would not be given the bytes that are hashed
 */
function namedFile(text: string, folder: string): string | undefined {
  for (const value of [text, text.slice(text.indexOf('=') + 1)]) refuseAbsolutePath(value, folder);
  if (text === '' || isAbsolute(text)) return undefined;
  const path = join(folder, text);
  return isFile(path) ? fileAt(folder, relative(folder, path).split(sep).join('/')) : undefined;
}

/** An absolute path leads past the copies of what is hashed, to what stands in the workflow's folder when the program runs. */
function refuseAbsolutePath(text: string, folder: string): void {
  if (!isAbsolute(text)) return;
  let way: string;
  try {
    way = relative(realpathSync(folder), realpathSync(text));
  } catch {
    // Nothing is there.
    return;
  }
  if (!staysInside(way)) return;
  const plain = way === '' ? '.' : way.split(sep).join('/');
  const hint = isFile(text)
    ? `Write it as ${plain}: it is then part of the command.`
    : `Write it as ${plain}, and name its files in files: they are then part of the command.`;
  throw new PatternProblem(`${text} is ${isFile(text) ? 'a file of' : 'in'} the workflow's folder`, hint);
}

/** Whether an argument is the path of a file. Many are no path at all, and some cannot be one, such as long code. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function refuseWorkingFolders(names: Iterable<string>): void {
  for (const name of names) {
    const first = name.split('/')[0]!;
    if (!workingFolders.includes(first.toLowerCase())) continue;
    throw new PatternProblem(
      `${name} lies in ${first}/, where a command finds what it is given`,
      'Move it to another folder, or name other files.',
    );
  }
}

/** A program that is named by a path in the workflow's folder must be one of its files. */
function checkFound(program: string, names: ReadonlySet<string>): void {
  if (isAbsolute(program) || !/[\\/]/.test(program)) return;
  const name = program.replace(/^\.\//, '');
  if (names.has(name)) return;
  throw new PatternProblem(`there is no program ${program} in the workflow's folder`);
}

/** A script that an interpreter is given by a relative path must be one of the files: nothing else is where the program runs. */
function checkScript([, ...rest]: readonly string[], names: ReadonlySet<string>): void {
  const script = rest.find((text) => !text.startsWith('-'));
  if (script === undefined || isAbsolute(script) || !scriptName.test(script)) return;
  const name = normalize(script).split(sep).join('/');
  if (names.has(name) || workingFolders.includes(name.split('/')[0]!)) return;
  throw new PatternProblem(
    `there is no script ${script} in the workflow's folder`,
    'Paths of a command are relative to the folder of the workflow file.',
  );
}

function readFile(folder: string, name: string, budget: { left: number }): ProgramFile {
  const file = join(folder, name);
  // Non-blocking: a pipe that has come into the file's place must not keep it waiting.
  const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw new PatternProblem(`${name} is not a regular file`);
    budget.left -= status.size;
    if (budget.left < 0) {
      throw new PatternProblem(
        `the files of the command have more than ${formatBytes(mostBytes)}`,
        'Give large files to it as a dataset or a model.',
      );
    }
    const bytes = readFileSync(descriptor);
    return { name, file, bytes: bytes.length, digest: digestOf(bytes) };
  } finally {
    closeSync(descriptor);
  }
}
