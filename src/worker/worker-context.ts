import { DataError } from '../diagnostics/errors.js';
import type { Artifact, Artifacts } from '../formats/artifact.js';
import { type Digest, digestOf, hexOf } from '../formats/digest.js';
import type { Json, JsonObject } from '../formats/json.js';
import { NonFiniteScan } from '../formats/non-finite.js';
import type { Gpu } from '../gpu/gpu.js';
import type { Store } from '../store/store.js';
import type { Job, Reply } from './protocol.js';
import type { ResidentSlot } from './resident-slot.js';
import type { ArtifactWriter, Resident, StepContext } from './step-context.js';

type Tensor = NonNullable<Artifact['tensor']>;

/** What is hashed and looked through at a time. */
const partBytes = 8 << 20;
/** Most progress messages a second that cross the process border. */
const progressIntervalMilliseconds = 100;

/** A job's surroundings: its inputs and outputs in the store, the device, and the way back to the runner. */
export class WorkerContext implements StepContext {
  readonly params: JsonObject;
  readonly hints: JsonObject;
  readonly signal: AbortSignal;
  readonly #job: Job;
  readonly #store: Store;
  readonly #gpu: () => Promise<Gpu>;
  readonly #slot: ResidentSlot;
  #usesResident = false;
  #scratch: Promise<string> | undefined;
  readonly #send: (reply: Reply) => void;
  readonly #outputs: Record<string, Artifact> = {};
  readonly #open = new Set<ArtifactWriter>();
  #lastProgress = Number.NEGATIVE_INFINITY;

  constructor(
    job: Job,
    store: Store,
    gpu: () => Promise<Gpu>,
    slot: ResidentSlot,
    signal: AbortSignal,
    send: (reply: Reply) => void,
  ) {
    this.#slot = slot;
    this.#job = job;
    this.#store = store;
    this.#gpu = gpu;
    this.#send = send;
    this.params = job.params;
    this.hints = job.hints ?? {};
    this.signal = signal;
  }

  get outputs(): Artifacts {
    return this.#outputs;
  }

  has(input: string): boolean {
    return input in this.#job.inputs;
  }

  input(name: string): Artifact {
    const input = this.#job.inputs[name];
    if (input === undefined || !('one' in input))
      throw new TypeError(`${this.#job.step} has no single input "${name}"`);
    return input.one;
  }

  inputs(name: string): Artifacts {
    const input = this.#job.inputs[name];
    if (input === undefined || !('all' in input))
      throw new TypeError(`${this.#job.step} has no input "${name}" of a whole node`);
    return input.all;
  }

  read(artifact: Artifact, offset?: number, length?: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#store.read(artifact, offset, length);
  }

  async write(output: string, bytes: Uint8Array, tensor?: Tensor): Promise<Artifact> {
    const writer = await this.writer(output, tensor);
    await writer.append(bytes);
    return writer.close();
  }

  async writer(output: string, tensor?: Tensor): Promise<ArtifactWriter> {
    this.#reserve(output);
    const object = await this.#store.objects.writer();
    const scan = tensor === undefined ? undefined : new NonFiniteScan(tensor.dtype);
    const writer: ArtifactWriter = {
      append: async (bytes) => {
        // Hashing a gigabyte takes seconds: the event loop turns between parts.
        for (let at = 0; at < bytes.length; at += partBytes) {
          const part = bytes.subarray(at, at + partBytes);
          const writing = object.append(part);
          scan?.add(part); // while the disk works
          await writing;
        }
      },
      close: async () => {
        if (scan !== undefined && scan.count > 0) {
          throw new DataError(
            `its result ${output} is not finite: ${scan.count} elements are NaN or infinite, the first of them element ${scan.first}`,
          );
        }
        const { digest, bytes } = await object.close();
        this.#open.delete(writer);
        const artifact: Artifact = { digest, bytes, ...(tensor === undefined ? {} : { tensor }) };
        this.#outputs[output] = artifact;
        return artifact;
      },
      abort: async () => {
        this.#open.delete(writer);
        await object.abort();
      },
    };
    this.#open.add(writer);
    return writer;
  }

  reference(output: string, artifact: Artifact): void {
    this.#reserve(output);
    this.#outputs[output] = artifact;
  }

  gpu(): Promise<Gpu> {
    if (!this.#usesResident) this.#slot.release();
    return this.#gpu();
  }

  resident<T extends Resident>(key: Digest, make: () => Promise<T>): Promise<T> {
    this.#usesResident = true;
    return this.#slot.take(key, make);
  }

  get mark(): string {
    return hexOf(digestOf(this.#store.folder.scratch(this.#job.key)));
  }

  scratch(): Promise<string> {
    // Made once: when it is gone, another run has taken over the step.
    this.#scratch ??= this.#store.scratch.take(this.#job.key, this.#job.lock);
    return this.#scratch;
  }

  memory(name: string): Promise<string> {
    return this.#store.memory(name);
  }

  changeShared<T extends Json>(name: string, update: (before: T | undefined) => T): Promise<T> {
    return this.#store.runValues.change(this.#job.run, name, update);
  }

  progress(update: { done: number; total: number; unit?: string; note?: string }): void {
    const now = performance.now();
    if (now - this.#lastProgress < progressIntervalMilliseconds && update.done < update.total) return;
    this.#lastProgress = now;
    this.#send({ type: 'progress', step: this.#job.step, ...update });
  }

  log(line: string): void {
    this.#send({ type: 'log', step: this.#job.step, line });
  }

  warn(message: string, hint?: string): void {
    this.#send({ type: 'warning', step: this.#job.step, message, ...(hint === undefined ? {} : { hint }) });
  }

  /** Drops what a failed implementation left half-written. */
  async close(): Promise<void> {
    for (const writer of this.#open) await writer.abort();
  }

  #reserve(output: string): void {
    if (output in this.#outputs) throw new TypeError(`${this.#job.step} writes "${output}" twice`);
  }
}
