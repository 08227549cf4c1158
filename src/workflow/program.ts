import { parseBytes } from '../formats/byte-size.js';
import { variableProblem } from '../formats/program-variables.js';
import type { Path } from './document.js';
import type { Scope } from './scope.js';

/** A program of the user's: what `command` says of it. */
export interface Program {
  /** The program and its arguments; never read by a shell. */
  readonly run: readonly string[];
  /** `run` is the one path of an ES module, which a Node process imports. Absent: it is started itself. */
  readonly module?: true;
  /** Patterns of files in the workflow's folder. */
  readonly files: readonly string[];
  /** What prints the version of the program, and so of what it stands on. */
  readonly version: readonly string[] | null;
  readonly timeoutSeconds: number;
  /** Names of variables that it gets. */
  readonly env: readonly string[];
  /** What it may write. */
  readonly outputBytes: number;
}

export interface RawProgram {
  readonly run?: readonly string[];
  readonly module?: string;
  readonly files?: readonly string[];
  readonly version?: readonly string[];
  readonly timeout?: number;
  readonly env?: readonly string[];
  readonly 'max-output'?: string;
}

const hour = 3600;

/** @param outputBytes what it may write where it does not say */
export function resolveProgram(scope: Scope, raw: RawProgram, path: Path, outputBytes: number): Program {
  if (raw.module !== undefined) {
    const hint = 'Name a program: run: [node, FILE].';
    scope.refuse([...path, 'module'], 'invalid-combination', 'only metrics and datasets come from a module', hint);
  }
  return resolveRun(scope, raw, path, outputBytes);
}

/** The same where a module may stand in place of a program. */
export function resolveModuleOrProgram(scope: Scope, raw: RawProgram, path: Path, outputBytes: number): Program {
  const { module } = raw;
  if (module === undefined) return resolveRun(scope, raw, path, outputBytes);
  if (raw.run !== undefined) {
    const hint = 'Remove one: a module is imported, and a program is started with arguments.';
    scope.refuse([...path, 'module'], 'invalid-combination', 'a command has run or module, not both', hint);
  }
  const name = module.replace(/^\.\//, '');
  const parts = name.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..') || /[\\\0]/.test(name)) {
    const hint = 'Name a file in the folder of the workflow or below it: ./my-metric.js.';
    scope.refuse(
      [...path, 'module'],
      'invalid-value',
      `${module} is not the name of a file in the workflow's folder`,
      hint,
    );
  } else if (!/\.m?js$/.test(name)) {
    const hint = 'Compile TypeScript to JavaScript first.';
    scope.refuse(
      [...path, 'module'],
      'invalid-value',
      `${module} is no ES module: its name must end in .js or .mjs`,
      hint,
    );
  }
  return { ...resolveRun(scope, { ...raw, run: [`./${name}`] }, path, outputBytes), module: true };
}

function resolveRun(scope: Scope, raw: RawProgram, path: Path, outputBytes: number): Program {
  const { run = [], files = [], version = null, timeout = hour, env = [] } = raw;
  if (run.length === 0) {
    const hint = 'Add the program and its arguments: run: [python3, score.py].';
    scope.refuse(path, 'missing-key', 'the command lacks run', hint);
  }
  for (const [index, pattern] of files.entries()) checkPattern(scope, pattern, [...path, 'files', String(index)]);
  for (const [index, name] of env.entries()) checkVariable(scope, name, [...path, 'env', String(index)]);
  for (const [key, argv] of Object.entries({ run, version: version ?? [] })) {
    checkName(scope, argv[0], [...path, key, '0']);
    for (const [index, text] of argv.entries()) {
      if (text.includes('\0')) {
        scope.refuse([...path, key, String(index)], 'invalid-value', 'an argument holds no zero character');
      }
      if (index > 0) checkArgument(scope, text, [...path, key, String(index)]);
    }
  }
  const size = raw['max-output'];
  return { run, files, version, timeoutSeconds: timeout, env, outputBytes: bytesOf(scope, size, path) ?? outputBytes };
}

function bytesOf(scope: Scope, size: string | undefined, path: Path): number | undefined {
  if (size === undefined) return undefined;
  const bytes = parseBytes(size);
  if (bytes === undefined || bytes === 0) {
    scope.refuse([...path, 'max-output'], 'invalid-value', `"${size}" is no size`, 'For example: 500 MB, 2 GiB.');
  }
  return bytes;
}

/** Folders in which a program finds what it is given, and leaves what it makes: none of its own files lies there. */
export const workingFolders = ['inputs', 'outputs'];

function checkPattern(scope: Scope, pattern: string, path: Path): void {
  const parts = pattern.split('/');
  const refuse = (why: string, hint: string) =>
    scope.refuse(path, 'invalid-value', `the pattern ${pattern} ${why}`, hint);
  if (/^([/\\~]|[A-Za-z]:)/.test(pattern) || parts.includes('..')) {
    refuse("leads out of the workflow's folder", 'Files of a command lie in the folder of the workflow or below it.');
  } else if (pattern.includes('\\') || parts.some((part) => part === '' || part === '.')) {
    refuse('is not written plainly', 'Names are joined by single slashes: lib/score.py, lib/**.');
  } else if (parts.some((part) => part.includes('**') && part !== '**')) {
    refuse('has ** within a name', '** stands for any folders: lib/**/*.py.');
  } else if (workingFolders.includes(parts[0]!.toLowerCase())) {
    refuse(`begins in ${parts[0]}/`, 'A command finds what it is given there: move the file to another folder.');
  }
}

/** Characters that separate paths from the rest of an argument: `--file=../x`, `a:../x`, `open("../x")`. */
const separators = /[\s=,;:@"'`()[\]{}<>|&]+/;

/** Refuses an argument with a relative path that leads out of the folder in which the program runs */
function checkArgument(scope: Scope, text: string, path: Path): void {
  // A lone `..` inside code is more often an operator of its language than a folder.
  const paths = text.split(separators).filter((part) => /[\\/]/.test(part));
  const glued = paths.filter((part) => /^-\w/.test(part)).map((part) => part.slice(2));
  const values = text.split('=').filter((value) => value === '..');
  const way = [text, ...values, ...paths, ...glued].find(leadsOut);
  if (way === undefined) return;
  const hint = "Copy the file into the workflow's folder, or write its absolute path.";
  scope.refuse(path, 'invalid-value', `${way} leads out of the folder in which the program runs`, hint);
}

/** Whether a relative path leaves the folder where it begins. */
function leadsOut(path: string): boolean {
  let depth = 0;
  if (/^[\\/]/.test(path)) return false;
  for (const part of path.split(/[\\/]/)) {
    if (part === '..') depth -= 1;
    else if (part !== '' && part !== '.') depth += 1;
    if (depth < 0) return true;
  }
  return false;
}

function checkName(scope: Scope, name: string | undefined, path: Path): void {
  if (name === undefined) return;
  if (name.trim() === '') scope.refuse(path, 'invalid-value', 'the name of the program is empty');
  if (name.split(/[\\/]/).includes('..') || workingFolders.includes(name.replace(/^\.\//, '').split('/')[0]!)) {
    const hint = "Name a program of PATH, one by its absolute path, or a file in the workflow's folder.";
    scope.refuse(path, 'invalid-value', `the program ${name} does not lie in the workflow's folder`, hint);
  }
}

function checkVariable(scope: Scope, name: string, path: Path): void {
  const problem = variableProblem(name);
  if (problem !== undefined) scope.refuse(path, 'refused-variable', problem.what, problem.hint);
}
