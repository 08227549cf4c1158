/**
 * The process in which a module of the user's runs. It imports the module in its working folder, calls its default export,
 * and writes what that returns to outputs/. Its argument is a ModuleTask as JSON.
 */
import { existsSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import type { JsonObject } from '../formats/json.js';
import type { MetricInputs, ModuleInputs, ModuleResponse } from './module-contract.js';
import type { ModuleTask } from './module-task.js';

const task = JSON.parse(process.argv[2]!) as ModuleTask;
const { module, output } = task;

/** What the module gives is not what it must be: its message says all, and where runflow found it says nothing. */
class Fault extends Error {}

/** Time in which what the module has left running may still fail: an error that comes later than its result is one, too. */
const lateMilliseconds = 1_000;

let isWritten = false;
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
process.once('beforeExit', () => {
  if (!isWritten) fail(new Fault(`${module}: its promise never settled, and nothing is left that could settle it`));
});
process.once('exit', (code) => {
  if (isWritten || code !== 0) return;
  process.stderr.write(`${module} ended its process before its result was written: return instead of process.exit()\n`);
  process.exitCode = 1;
});
// Not awaited: Node would report a promise that never settles in its own words.
void run();

async function run(): Promise<void> {
  try {
    const imported = (await import(pathToFileURL(resolve(module)).href)) as { readonly default?: unknown };
    if (typeof imported.default !== 'function') throw new Fault(`${module} has no function as its default export`);
    const returned: unknown = await imported.default(output.kind === 'scores' ? metricInputs() : moduleInputs());
    await write(`outputs/${output.file}`, output.kind === 'scores' ? scores(returned, output.own) : rows(returned));
    isWritten = true;
    // What the module has left open, such as a server, must not keep the process: it has returned all that is asked of it.
    setTimeout(() => process.exit(), lateMilliseconds).unref();
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): never {
  if (error instanceof SyntaxError && !/\bfile:|\.c?js:\d/.test((error.stack ?? '').replaceAll(import.meta.url, ''))) {
    // Where a file cannot be parsed is known to Node alone, which shows it when nobody takes the error.
    process.removeAllListeners('uncaughtException').removeAllListeners('unhandledRejection');
    throw error;
  }
  process.stderr.write(`${error instanceof Fault ? error.message : (notFound(error) ?? thrown(error))}\n`);
  process.exit(1);
}

/** An error of the module's own: its stack without the frames of this file. */
function thrown(error: unknown): string {
  if (!(error instanceof Error)) return `${module} threw ${inspect(error)}, which is no error`;
  const kept: string[] = [];
  for (const line of inspect(error).split('\n')) {
    if (!line.includes(import.meta.url)) kept.push(line);
    // Behind the last frame a brace opens what else the error holds.
    else if (line.endsWith(' {')) kept[kept.length - 1] += ' {';
  }
  return kept.join('\n');
}

/** What to do about an import of a file that the working folder does not hold. */
function notFound(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  if (error.code !== 'ERR_MODULE_NOT_FOUND' && error.code !== 'MODULE_NOT_FOUND') return undefined;
  const message = error.message.split('\n')[0]!.replaceAll(`${process.cwd()}/`, '');
  return `${message}: the working folder holds only the module and the files of its command. Name it under files.`;
}

function moduleInputs(): ModuleInputs {
  const models = task.models.map((name) => [name, resolve('inputs', name)] as const);
  const datasets = task.datasets.map((name) => [name, linesOf<JsonObject>(name)] as const);
  return { models: Object.fromEntries(models), datasets: Object.fromEntries(datasets) };
}

function metricInputs(): MetricInputs {
  const given = (name: string) => existsSync(`inputs/${name}`);
  return {
    ...moduleInputs(),
    ...(given('model') && { model: resolve('inputs', 'model') }),
    ...(given('rows.jsonl') && { rows: linesOf<JsonObject>('rows') }),
    ...(given('responses.jsonl') && { responses: linesOf<ModuleResponse>('responses') }),
  };
}

function linesOf<Line>(name: string): Line[] {
  const lines = readFileSync(`inputs/${name}.jsonl`, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Line);
}

function scores(value: unknown, own: string): unknown[] {
  if (!Array.isArray(value)) throw new Fault(`${module} returned ${kindOf(value)}, not an array of scores`);
  return value.map((item: unknown, at) => {
    if (typeof item === 'number' || item === null) return { [own]: item };
    return requireObject(item, `score ${at}`);
  });
}

function rows(value: unknown): Iterable<unknown> | AsyncIterable<unknown> {
  const isIterable =
    typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value);
  if (!isIterable) throw new Fault(`${module} returned ${kindOf(value)}, not rows that can be iterated`);
  return value as Iterable<unknown> | AsyncIterable<unknown>;
}

async function write(file: string, lines: Iterable<unknown> | AsyncIterable<unknown>): Promise<void> {
  if (existsSync(file)) throw new Fault(`${module} wrote ${file} itself: it must return what belongs there`);
  const handle = await open(file, 'wx');
  let at = 0;
  for await (const line of lines) {
    const where = `${output.kind === 'scores' ? 'score' : 'row'} ${at++}`;
    await handle.write(`${lineOf(requireObject(line, where), where)}\n`);
  }
  await handle.close();
}

function lineOf(value: unknown, where: string): string {
  try {
    return JSON.stringify(value, (_, part: unknown) => kept(part, where));
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault(`${module}: ${where} cannot be written as JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/** Refuses what JSON would write as null or as an empty object without a word: NaN, functions, promises, maps, sets. */
function kept(value: unknown, where: string): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Fault(`${module}: ${where} holds ${value}, which is no finite number`);
  }
  const isLost = typeof value === 'function' || typeof value === 'symbol';
  const hasMembers = typeof value === 'object' && value !== null;
  if (isLost || (hasMembers && !/^\[object (Object|Array)\]$/.test(Object.prototype.toString.call(value)))) {
    const what = isLost ? typeof value : Object.prototype.toString.call(value).slice('[object '.length, -1);
    throw new Fault(`${module}: ${where} holds a value of the type ${what}, which JSON does not have`);
  }
  if (Array.isArray(value) && value.includes(undefined)) {
    throw new Fault(`${module}: ${where} holds a list with undefined: write null, or leave it out`);
  }
  return value;
}

function requireObject(value: unknown, where: string): unknown {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new Fault(`${module}: ${where} is ${kindOf(value)}`);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (value === null || value === undefined) return String(value);
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}
