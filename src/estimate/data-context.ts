import { DataError } from '../diagnostics/errors.js';
import type { Artifact, Artifacts } from '../formats/artifact.js';
import { digestOf } from '../formats/digest.js';
import type { JsonObject } from '../formats/json.js';
import type { Step } from '../steps/step.js';
import type { StepContext } from '../worker/step-context.js';

/** What was made in memory, by digest; everything else is read from where it lies. */
export class MadeData {
  readonly #bytes = new Map<string, Uint8Array>();
  readonly #stored: (artifact: Artifact, offset?: number, length?: number) => Promise<Uint8Array<ArrayBuffer>>;

  constructor(stored: (artifact: Artifact, offset?: number, length?: number) => Promise<Uint8Array<ArrayBuffer>>) {
    this.#stored = stored;
  }

  keep(bytes: Uint8Array): Artifact {
    const digest = digestOf(bytes);
    this.#bytes.set(digest, bytes);
    return { digest, bytes: bytes.length };
  }

  async read(artifact: Artifact, offset = 0, length = artifact.bytes - offset): Promise<Uint8Array<ArrayBuffer>> {
    const made = this.#bytes.get(artifact.digest);
    return made === undefined
      ? this.#stored(artifact, offset, length)
      : new Uint8Array(made.subarray(offset, offset + length));
  }
}

/** Surroundings in which a step that only arranges data is carried out for its sizes: nothing is written anywhere. */
export class DataContext implements StepContext {
  readonly params: JsonObject;
  readonly hints: JsonObject;
  readonly outputs: Record<string, Artifact> = {};
  readonly signal: AbortSignal;
  readonly #inputs: Readonly<Record<string, Artifacts>>;
  readonly #data: MadeData;

  constructor(step: Step, inputs: Readonly<Record<string, Artifacts>>, data: MadeData, signal: AbortSignal) {
    this.params = step.params;
    this.hints = step.hints ?? {};
    this.#inputs = inputs;
    this.#data = data;
    this.signal = signal;
  }

  has(input: string): boolean {
    return Object.hasOwn(this.#inputs, input);
  }

  input(name: string): Artifact {
    const [artifact] = Object.values(this.inputs(name));
    if (artifact === undefined) throw new DataError(`input ${name} is empty`);
    return artifact;
  }

  inputs(name: string): Artifacts {
    return this.#inputs[name]!;
  }

  read(artifact: Artifact, offset?: number, length?: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#data.read(artifact, offset, length);
  }

  async write(output: string, bytes: Uint8Array, tensor?: Artifact['tensor']): Promise<Artifact> {
    const artifact = { ...this.#data.keep(bytes), ...(tensor && { tensor }) };
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
    return this.#refuse('a device');
  }

  resident(): Promise<never> {
    return this.#refuse('a model on the device');
  }

  scratch(): Promise<never> {
    return this.#refuse('a folder');
  }

  get mark(): never {
    throw new TypeError('an estimate starts no processes');
  }

  memory(): Promise<never> {
    return this.#refuse('a memory');
  }

  changeShared(): Promise<never> {
    return this.#refuse('a value of the run');
  }

  progress(): void {}

  log(): void {}

  warn(): void {}

  async #refuse(what: string): Promise<never> {
    throw new TypeError(`a step that arranges data asked for ${what}`);
  }
}
