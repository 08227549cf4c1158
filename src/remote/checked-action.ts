import { DataError } from '../diagnostics/errors.js';
import type { Action, ActionInput } from '../formats/action.js';
import type { Artifact } from '../formats/artifact.js';
import { isUnicode } from '../formats/canonical.js';
import { type Digest, isDigest } from '../formats/digest.js';
import { isInnerName } from '../formats/inner-path.js';
import { bytesPerElement } from '../formats/tensor.js';
import { keyOf } from '../plan/key.js';
import { seal, unseal } from '../store/sealed.js';
import { isHostPath } from './host-path.js';

/** Bytes that the record of a step may have: that of a model has some 300 a tensor. */
export const mostActionBytes = 32 << 20;
/** More than any file system holds: a larger size is a fault or an attack. */
const mostArtifactBytes = 2 ** 50;
const mostNameCharacters = 4096;
/** Parameters of steps come from a workflow, whose text is nested 24 deep at most, and add little to it. */
const mostDepth = 100;

/**
 * The record that a remote store has of a key, if it is one: whole by its seal, of that key by all that the key is made
 * of, every field as this version writes it. What outputs it names cannot be checked: whoever may write to the remote
 * store is trusted with that.
 * @throws DataError that says what is wrong with it
 */
export function checkedAction(text: string, key: Digest): Action {
  const record = unseal(text);
  if (record === undefined) throw bad(key, 'it is not whole');
  if (!isObject(record)) throw bad(key, 'it is not a record of a step');
  const action = record as unknown as Action;
  if (action.key !== key) throw bad(key, 'it is of another key');
  const problem = problemOf(record);
  if (problem !== undefined) throw bad(key, problem);
  if (seal(record) !== text) throw bad(key, 'it is not whole');
  if (keyOf(action) !== key) throw bad(key, 'what it says of the step does not lead to its key');
  return action;
}

function bad(key: Digest, problem: string): DataError {
  return new DataError(`the record of ${key} cannot be used: ${problem}`);
}

const fields = [
  'key',
  'kind',
  'revision',
  'params',
  'inputs',
  'deviceClass',
  'outputs',
  'workflow',
  'step',
  'started',
  'seconds',
  'host',
  'versions',
];

function problemOf(record: Readonly<Record<string, unknown>>): string | undefined {
  const unknown = Object.keys(record).find((name) => !fields.includes(name));
  if (unknown !== undefined) return `it has a field ${JSON.stringify(unknown.slice(0, 40))}`;
  for (const name of ['kind', 'workflow', 'step']) if (!isName(record[name])) return `its ${name} is not a name`;
  if (!isCount(record.revision)) return 'its revision is not a number';
  if (typeof record.seconds !== 'number' || !(record.seconds >= 0)) return 'its time is not a number of seconds';
  if (!isName(record.started) || Number.isNaN(Date.parse(record.started))) return 'it does not say when it was made';
  for (const name of ['deviceClass', 'host']) {
    if (record[name] !== undefined && !isName(record[name])) return `its ${name} is not a name`;
  }
  if (!isObject(record.params)) return 'it has no parameters';
  if (!isKeyed(record.params)) return 'its parameters cannot be part of a key';
  if (!isObject(record.versions) || !Object.values(record.versions).every(isName)) return 'it has no versions';
  if (!isObject(record.inputs)) return 'it has no inputs';
  for (const [name, input] of Object.entries(record.inputs)) {
    if (!isName(name) || !isInput(input)) return `its input ${JSON.stringify(name.slice(0, 80))} is not one`;
  }
  if (!isObject(record.outputs)) return 'it has no outputs';
  for (const [name, artifact] of Object.entries(record.outputs)) {
    if (!isName(name) || !isArtifact(artifact)) return `its output ${JSON.stringify(name.slice(0, 80))} is not one`;
    // runflow get writes it to a file of that name.
    if (artifact.tensor === undefined && !isInnerName(name)) {
      return `its output ${JSON.stringify(name.slice(0, 80))} has a name that leads out of a folder`;
    }
  }
  return undefined;
}

/** Whether a key can be made of a value: its texts are Unicode, and it is not nested deeper than a function may call itself. */
function isKeyed(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return isUnicode(value);
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  if (depth > mostDepth) return false;
  return Object.entries(value).every(([name, inner]) => isUnicode(name) && isKeyed(inner, depth + 1));
}

function isInput(value: unknown): value is ActionInput {
  if (!hasOnly(value, ['node', 'output', 'digest', 'tensor', 'files'])) return false;
  const { node, output, digest, tensor, files } = value;
  if (!isName(node) || !isName(output) || !isDigest(digest)) return false;
  if (files !== undefined && !(isObject(files) && Object.values(files).every(isDigest))) return false;
  return tensor === undefined || tensorBytes(tensor) !== undefined;
}

function isArtifact(value: unknown): value is Artifact {
  if (!hasOnly(value, ['digest', 'bytes', 'tensor', 'at'])) return false;
  const { digest, bytes, tensor, at } = value;
  if (!isDigest(digest) || !isCount(bytes) || bytes > mostArtifactBytes) return false;
  if (tensor !== undefined && tensorBytes(tensor) !== bytes) return false;
  if (at === undefined) return true;
  return hasOnly(at, ['file', 'offset']) && isHostPath(at.file) && isCount(at.offset) && at.offset <= mostArtifactBytes;
}

function tensorBytes(value: unknown): number | undefined {
  if (!hasOnly(value, ['dtype', 'shape'])) return undefined;
  const { dtype, shape } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(bytesPerElement, dtype)) return undefined;
  if (!Array.isArray(shape) || shape.length > 16 || !shape.every(isCount)) return undefined;
  const elements = shape.reduce((product, size) => product * size, 1);
  return elements * bytesPerElement[dtype as keyof typeof bytesPerElement];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasOnly(value: unknown, names: readonly string[]): value is Readonly<Record<string, unknown>> {
  return isObject(value) && Object.keys(value).every((name) => names.includes(name));
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= mostNameCharacters && isUnicode(value) && value !== '__proto__';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
