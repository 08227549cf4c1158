import { join } from 'node:path';
import { DataError } from '../../diagnostics/errors.js';
import { embeddingTensor, isRotaryTable, isTiedCopy, outputTensor } from '../../formats/architecture.js';
import type { Artifact, Artifacts } from '../../formats/artifact.js';
import { type Checkpoint, type CheckpointTensor, openCheckpoint } from '../../formats/checkpoint.js';
import { digestOf } from '../../formats/digest.js';
import { listNames, readParts, readSmallFile } from '../../formats/file-access.js';
import { hashRanges } from '../../formats/hash-ranges.js';
import type { JsonObject } from '../../formats/json.js';
import { tensorNames, tensorOf } from '../../formats/model-artifacts.js';
import { hasTiedEmbeddings, maximumConfigBytes, parseModelConfig } from '../../formats/model-config.js';
import { NonFiniteScan } from '../../formats/non-finite.js';
import type { TensorInfo } from '../../formats/tensor.js';
import { ProgramError } from '../../programs/program-error.js';
import type { StepContext } from '../step-context.js';
import type { ProgramStep } from './program-step.js';

/** The model that a program's model must be like. */
export interface LikeModel {
  /** The input that it is. */
  readonly name: string;
  readonly artifacts: Artifacts;
}

/** The folder of the model, below outputs/. */
const folder = 'model';

/** Files that a program may write otherwise than those of the model that its own is like. */
const ownFiles: readonly string[] = ['config.json', 'generation_config.json'];

/**
 * A model that a program has left: tensors of the names, shapes and types of another model, and finite. What else belongs to a
 * model, such as the tokenizer, is the other's.
 */
export class ProgramModel {
  readonly #context: StepContext;
  readonly #step: ProgramStep;
  readonly #like: LikeModel;
  readonly #checkpoint: Checkpoint;
  /** Whether the output layer is the embedding. */
  readonly #tied: boolean;

  private constructor(
    context: StepContext,
    step: ProgramStep,
    like: LikeModel,
    found: { readonly checkpoint: Checkpoint; readonly tied: boolean },
  ) {
    this.#context = context;
    this.#step = step;
    this.#like = like;
    this.#checkpoint = found.checkpoint;
    this.#tied = found.tied;
  }

  /** @throws ProgramError when the folder holds no model, or one of another architecture */
  static async open(context: StepContext, step: ProgramStep, like: LikeModel): Promise<ProgramModel> {
    await step.requireFolder(folder);
    let checkpoint: Checkpoint;
    try {
      checkpoint = await openCheckpoint(join(step.outputs, folder));
    } catch (cause) {
      if (!(cause instanceof DataError)) throw cause;
      const hint = cause.hint === undefined ? {} : { hint: cause.hint };
      throw new ProgramError(`${step.text} left no model: ${cause.message}`, { cause, ...hint });
    }
    const config = await configOf(context, like.artifacts);
    const tied = config !== undefined && hasTiedEmbeddings(config, 'config.json');
    const model = new ProgramModel(context, step, like, { checkpoint, tied });
    await model.#checkConfig(config);
    return model;
  }

  /** Makes tensors and files the outputs of the step. @throws ProgramError at the first that is not as it must be */
  async take(): Promise<void> {
    const like = this.#like.artifacts;
    const expected = tensorNames(like).filter((name) => !this.#isCopy(name, (other) => `tensor/${other}` in like));
    await this.#checkTensors(expected);
    const files = await this.#files();
    const total = expected.reduce((sum, name) => sum + like[`tensor/${name}`]!.bytes, 0);
    let done = 0;
    for (const name of expected) {
      const tensor = this.#checkpoint.tensors.get(name);
      if (tensor === undefined) this.#context.reference(`tensor/${name}`, like[`tensor/${name}`]!);
      else await this.#takeTensor(tensor);
      done += like[`tensor/${name}`]!.bytes;
      this.#context.progress({ done, total, unit: 'bytes' });
    }
    for (const [output, artifact] of Object.entries(like)) {
      if (output.startsWith('file/') && !files.has(output)) this.#context.reference(output, artifact);
    }
    for (const [output, bytes] of files) await this.#context.write(output, bytes);
    for (const name of this.#checkpoint.unread) {
      this.#context.warn(`${this.#step.text} left outputs/${folder}/${name}, which is not read`);
    }
  }

  /** A tied model may be stored with its embedding twice. */
  #isCopy(name: string, has: (name: string) => boolean): boolean {
    return isTiedCopy(name, this.#tied, has);
  }

  async #checkTensors(expected: readonly string[]): Promise<void> {
    const { tensors } = this.#checkpoint;
    const like = this.#like.artifacts;
    const wanted = new Set(expected);
    const hint = `It must have the tensors of the input ${this.#like.name}.`;
    // What the architecture decides need not be stored.
    const missing = expected.filter((name) => !tensors.has(name) && !isRotaryTable(name));
    if (missing.length > 0) throw this.#error(`lacks ${listNames(missing, 4)}`, hint);
    const strange = [...tensors.keys()].filter(
      (name) => !wanted.has(name) && !this.#isCopy(name, (other) => tensors.has(other)),
    );
    if (strange.length > 0) throw this.#error(`has ${listNames(strange, 4)}, which ${this.#like.name} has not`, hint);
    for (const name of expected) {
      const [own, other] = [tensors.get(name), tensorOf(like, name)];
      if (own === undefined || typeText(own) === typeText(other)) continue;
      throw this.#error(`has ${name} as ${typeText(own)}, and ${this.#like.name} as ${typeText(other)}`, hint);
    }
    await this.#checkCopy();
  }

  /** A copy of the embedding is not taken, so that it must say the same. */
  async #checkCopy(): Promise<void> {
    const { tensors } = this.#checkpoint;
    const [embedding, output] = [tensors.get(embeddingTensor), tensors.get(outputTensor)];
    if (!this.#tied || embedding === undefined || output === undefined) return;
    const [[one], [other]] = [await hashRanges(embedding.file, [embedding]), await hashRanges(output.file, [output])];
    if (one === other) return;
    throw this.#error(
      `has another ${outputTensor} than ${embeddingTensor}, and its embeddings are tied`,
      `Change both alike, or leave ${outputTensor} out.`,
    );
  }

  async #takeTensor(tensor: CheckpointTensor): Promise<void> {
    const { name, dtype, shape, file, offset, bytes } = tensor;
    const scan = new NonFiniteScan(dtype);
    const writer = await this.#context.writer(`tensor/${name}`, { dtype, shape });
    try {
      for await (const part of readParts(file, { offset, bytes })) {
        this.#context.signal.throwIfAborted();
        scan.add(part);
        await writer.append(part);
      }
      if (scan.count > 0) throw this.#error(`has NaN or an infinity in ${name}, first at element ${scan.first}`);
      await writer.close();
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }

  /** The files that the program wrote itself, by output. @throws ProgramError at one that must be as it was, and is not */
  async #files(): Promise<Map<string, Uint8Array>> {
    const like = this.#like.artifacts;
    const taken = new Map<string, Uint8Array>();
    for (const [name, size] of this.#checkpoint.companions) {
      const bytes = await readSmallFile(this.#pathOf(name), size);
      const before = like[`file/${name}`];
      if (ownFiles.includes(name) && (before !== undefined || name !== 'config.json')) taken.set(`file/${name}`, bytes);
      else if (before?.digest !== digestOf(bytes)) {
        const what =
          before === undefined ? `which ${this.#like.name} has not` : `which is not that of ${this.#like.name}`;
        const hint = `Do not write it: the model has what the input ${this.#like.name} has beside its weights.`;
        throw this.#error(`has ${name}, ${what}`, hint);
      }
    }
    return taken;
  }

  /** @param before what the model that it must be like says of itself */
  async #checkConfig(before: JsonObject | undefined): Promise<void> {
    const size = this.#checkpoint.companions.get('config.json');
    if (size === undefined || before === undefined) return;
    const config = parseModelConfig(
      await readSmallFile(this.#pathOf('config.json'), maximumConfigBytes),
      'config.json',
    );
    const facts = [config, before].map((one) => [one.model_type ?? null, hasTiedEmbeddings(one, 'config.json')]);
    for (const [at, field] of ['model_type', 'tie_word_embeddings'].entries()) {
      const [own, other] = facts.map((fact) => JSON.stringify(fact[at]));
      if (own === other) continue;
      throw this.#error(`has a config.json with ${field} ${own}, and that of ${this.#like.name} has ${other}`);
    }
  }

  #pathOf(name: string): string {
    return join(this.#step.outputs, folder, name);
  }

  #error(what: string, hint?: string): ProgramError {
    const message = `the model that ${this.#step.text} left in outputs/${folder} ${what}`;
    return new ProgramError(message, hint === undefined ? {} : { hint });
  }
}

async function configOf(context: StepContext, model: Artifacts): Promise<JsonObject | undefined> {
  const artifact: Artifact | undefined = model['file/config.json'];
  return artifact && parseModelConfig(await context.read(artifact), 'config.json');
}

function typeText({ dtype, shape }: Pick<TensorInfo, 'dtype' | 'shape'>): string {
  return `${dtype} [${shape.join(', ')}]`;
}
