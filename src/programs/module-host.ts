/**
 * The process in which a module of the user's runs. It imports the module in its working folder, calls its default export,
 * and writes what that returns to outputs/. Its argument is a ModuleTask as JSON.
 */
import { existsSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { JsonObject } from '../formats/json.js';
import type { MetricInputs, ModuleInputs, ModuleResponse } from './module-contract.js';
import type { ModuleTask } from './module-task.js';

const task = JSON.parse(process.argv[2]!) as ModuleTask;
const { module, output } = task;

const imported = (await import(pathToFileURL(resolve(module)).href)) as { readonly default?: unknown };
if (typeof imported.default !== 'function') throw new TypeError(`${module} has no function as its default export`);
const returned: unknown = await imported.default(output.kind === 'scores' ? metricInputs() : moduleInputs());
const items = output.kind === 'scores' ? scores(returned, output.own) : rows(returned);
await write(`outputs/${output.file}`, items);
// What the module has left open, such as a server, must not keep the process: it has returned all that is asked of it.
process.exit(0);

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
  if (!Array.isArray(value)) throw new TypeError(`${module} returned ${kindOf(value)}, not an array of scores`);
  return value.map((item: unknown, at) => {
    if (typeof item === 'number' || item === null) return { [own]: item };
    return requireObject(item, `score ${at}`);
  });
}

function rows(value: unknown): Iterable<unknown> | AsyncIterable<unknown> {
  const isIterable =
    typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value);
  if (!isIterable) throw new TypeError(`${module} returned ${kindOf(value)}, not rows that can be iterated`);
  return value as Iterable<unknown> | AsyncIterable<unknown>;
}

async function write(file: string, lines: Iterable<unknown> | AsyncIterable<unknown>): Promise<void> {
  const handle = await open(file, 'wx');
  let at = 0;
  for await (const line of lines) {
    const where = `${output.kind === 'scores' ? 'score' : 'row'} ${at++}`;
    await handle.write(`${JSON.stringify(requireObject(line, where), (_, value: unknown) => finite(value, where))}\n`);
  }
  await handle.close();
}

/** JSON would write null for these without a word. */
function finite(value: unknown, where: string): unknown {
  if (typeof value !== 'number' || Number.isFinite(value)) return value;
  throw new TypeError(`${module}: ${where} holds ${value}, which is no finite number`);
}

function requireObject(value: unknown, where: string): unknown {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new TypeError(`${module}: ${where} is ${kindOf(value)}`);
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'an array' : value === null ? 'null' : `of the type ${typeof value}`;
}
