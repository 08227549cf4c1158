import type { Artifact, Artifacts } from '../../../src/formats/artifact.js';
import { digestOf } from '../../../src/formats/digest.js';
import type { Json, JsonObject } from '../../../src/formats/json.js';
import type { StepContext } from '../../../src/worker/step-context.js';

/** A step's surroundings held in memory: runs an implementation without a store or a worker. */
export class MemoryContext implements StepContext<never, never> {
  readonly params: never;
  hints = {} as never;
  memoryFolder: string | undefined;
  scratchFolder: string | undefined;
  readonly outputs: Record<string, Artifact> = {};
  readonly lines: string[] = [];
  readonly warnings: string[] = [];
  shared = new Map<string, Json>();
  readonly updates: { done: number; total: number; unit?: string; note?: string }[] = [];
  readonly signal: AbortSignal;
  readonly #inputs: Readonly<Record<string, Artifacts>>;
  readonly #objects: Map<string, Uint8Array>;

  /** `objects` may be shared, so that one step's outputs are another's inputs. */
  constructor(
    params: JsonObject,
    inputs: Readonly<Record<string, Artifacts>> = {},
    objects = new Map<string, Uint8Array>(),
    signal = new AbortController().signal,
  ) {
    this.params = params as never;
    this.#inputs = inputs;
    this.#objects = objects;
    this.signal = signal;
  }

  has(input: string): boolean {
    return input in this.#inputs;
  }

  input(name: string): Artifact {
    return Object.values(this.inputs(name))[0]!;
  }

  inputs(name: string): Artifacts {
    const input = this.#inputs[name];
    if (input === undefined) throw new Error(`no input ${name}`);
    return input;
  }

  async read(artifact: Artifact, offset = 0, length = artifact.bytes - offset): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(this.#objects.get(artifact.digest)!.subarray(offset, offset + length));
  }

  async write(output: string, bytes: Uint8Array, tensor?: Artifact['tensor']): Promise<Artifact> {
    const artifact = { digest: digestOf(bytes), bytes: bytes.length, ...(tensor && { tensor }) };
    this.#objects.set(artifact.digest, new Uint8Array(bytes));
    this.outputs[output] = artifact;
    return artifact;
  }

  async writer(output: string, tensor?: Artifact['tensor']) {
    const parts: Uint8Array[] = [];
    return {
      append: async (bytes: Uint8Array) => void parts.push(new Uint8Array(bytes)),
      close: () => this.write(output, Buffer.concat(parts), tensor),
      abort: async () => undefined,
    };
  }

  reference(output: string, artifact: Artifact): void {
    this.outputs[output] = artifact;
  }

  gpu(): Promise<never> {
    return Promise.reject(new Error('this step uses no device'));
  }

  resident<T>(_key: string, make: () => Promise<T>): Promise<T> {
    return make();
  }

  scratch(): Promise<string> {
    if (this.scratchFolder === undefined) return Promise.reject(new Error('this step keeps no resumable state'));
    return Promise.resolve(this.scratchFolder);
  }

  get mark(): string {
    return `test ${this.scratchFolder}`;
  }

  memory(): Promise<string> {
    if (this.memoryFolder === undefined) return Promise.reject(new Error('this step remembers nothing'));
    return Promise.resolve(this.memoryFolder);
  }

  async changeShared<T extends Json>(name: string, update: (before: T | undefined) => T): Promise<T> {
    const value = update(this.shared.get(name) as T | undefined);
    this.shared.set(name, value);
    return value;
  }

  progress(update: { done: number; total: number; unit?: string; note?: string }): void {
    this.updates.push(update);
  }

  log(line: string): void {
    this.lines.push(line);
  }

  warn(message: string, hint?: string): void {
    this.warnings.push(hint === undefined ? message : `${message} (${hint})`);
  }
}
