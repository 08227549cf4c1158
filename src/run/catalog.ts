import type { Artifacts } from '../formats/artifact.js';
import type { Checkpoint } from '../formats/checkpoint.js';
import { tensorBytes } from '../formats/tensor.js';
import { definitionsInUse } from '../plan/definitions-in-use.js';
import type { ModelFacts, ProgramFacts, TokenTexts } from '../plan/facts.js';
import type { Source } from '../plan/plan.js';
import type { Store } from '../store/store.js';
import { localFiles } from '../workflow/datasets/registry.js';
import { definitionText } from '../workflow/definition.js';
import { modelKind } from '../workflow/models/registry.js';
import type { Workflow } from '../workflow/workflow.js';
import { factsOfCheckpoint, hashModel, type LocalModel, openModel, tokensOfFolder } from './checkpoints.js';
import { hashDataset, type OnLeftOut } from './dataset-files.js';
import type { WorkflowPrograms } from './programs/workflow-programs.js';

export interface HashingProgress {
  readonly model: string;
  readonly done: number;
  /** Bytes. */
  readonly total: number;
}

export interface CatalogOptions {
  readonly signal?: AbortSignal;
  readonly onHashing?: (progress: HashingProgress) => void;
  /** Told once of a dataset. */
  readonly onLeftOut?: OnLeftOut;
  /** The programs of the user's that the workflow runs. */
  readonly programs?: WorkflowPrograms;
}

/** What is known of folders and files, by what a workflow says of them: cells of one study have most in common. */
export class SharedFolders {
  readonly checkpoints = new Map<string, Checkpoint>();
  readonly tokens = new Map<string, TokenTexts | undefined>();
  readonly artifacts = new Map<string, Artifacts>();
  readonly told = new Set<string>();
}

/** The models and datasets a workflow finds on this machine: models opened once, all hashed when a plan needs them. */
export class Catalog {
  readonly #workflow: Workflow;
  readonly #models: readonly LocalModel[];
  readonly #store: Store;
  readonly #programs: WorkflowPrograms | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #onHashing: (progress: HashingProgress) => void;
  readonly #onLeftOut: OnLeftOut;
  readonly #shared: SharedFolders;

  constructor(workflow: Workflow, store: Store, options: CatalogOptions, shared: SharedFolders) {
    this.#shared = shared;
    this.#workflow = workflow;
    const used = definitionsInUse(workflow).models;
    this.#models = [...workflow.models.values()].flatMap((model) => {
      const { folder, holds, names } = modelKind(model);
      const path = folder?.(model);
      const renamed = names?.(model);
      if (path === undefined || !used.has(model.name)) return [];
      return {
        name: model.name,
        range: model.range,
        path,
        ...(holds && { holds }),
        ...(renamed && { names: renamed }),
      };
    });
    this.#store = store;
    this.#programs = options.programs;
    this.#signal = options.signal;
    this.#onHashing = options.onHashing ?? (() => undefined);
    this.#onLeftOut = options.onLeftOut ?? (() => undefined);
  }

  /** A folder of the workflow, its headers read. @param name of the model */
  checkpoint(name: string): Promise<Checkpoint> {
    return this.#open(this.#models.find((model) => model.name === name)!);
  }

  async facts(): Promise<Map<string, ModelFacts>> {
    const facts = new Map<string, ModelFacts>();
    for (const model of this.#models) {
      const checkpoint = await this.#open(model);
      const tokens = needsTokens(this.#workflow) ? await this.#tokensOf(model, checkpoint) : undefined;
      facts.set(model.name, { ...factsOfCheckpoint(checkpoint), ...(tokens === undefined ? {} : { tokens }) });
    }
    return facts;
  }

  /** What is known of the programs of the user's; of those that may be run, what their version commands print. */
  async programs(): Promise<ReadonlyMap<string, ProgramFacts>> {
    return this.#programs === undefined ? new Map() : await this.#programs.facts(this.#signal);
  }

  async #tokensOf(model: LocalModel, checkpoint: Checkpoint): Promise<TokenTexts | undefined> {
    const { tokens } = this.#shared;
    const identity = definitionText(model);
    if (!tokens.has(identity)) tokens.set(identity, await tokensOfFolder(model, checkpoint));
    return tokens.get(identity);
  }

  /** The artifacts of a source of the workflow's plan. */
  source({ kind, name }: Source): Promise<Artifacts> {
    return this.#source[kind](name);
  }

  /** How the artifacts of a source are found, by name. */
  readonly #source: { readonly [K in Source['kind']]: (name: string) => Promise<Artifacts> } = {
    program: async (of) => this.#programs!.artifacts(of),
    model: (name) => this.#hash(this.#models.find((model) => model.name === name)!),
    dataset: async (name) => {
      const dataset = this.#workflow.datasets.get(name)!;
      const local = { name, range: dataset.range, ...localFiles(dataset)! };
      const { told } = this.#shared;
      const identity = definitionText(local);
      const tell: OnLeftOut = told.has(identity) ? () => undefined : this.#onLeftOut;
      const artifacts = await hashDataset(local, this.#store, this.#signal, tell);
      told.add(identity);
      return artifacts;
    },
  };

  async #open(model: LocalModel): Promise<Checkpoint> {
    const identity = definitionText(model);
    const known = this.#shared.checkpoints.get(identity);
    if (known !== undefined) return known;
    const checkpoint = await openModel(model);
    this.#shared.checkpoints.set(identity, checkpoint);
    return checkpoint;
  }

  async #hash(model: LocalModel): Promise<Artifacts> {
    const identity = definitionText(model);
    const known = this.#shared.artifacts.get(identity);
    if (known !== undefined) return known;
    const checkpoint = await this.#open(model);
    const total = [...checkpoint.tensors.values()].reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
    let done = 0;
    let told = performance.now();
    const onProgress = (bytes: number) => {
      done += bytes;
      if (performance.now() - told < 1000) return;
      told = performance.now();
      this.#onHashing({ model: model.name, done, total });
    };
    const options = this.#signal === undefined ? { onProgress } : { onProgress, signal: this.#signal };
    const artifacts = await hashModel(model, checkpoint, this.#store, options);
    this.#shared.artifacts.set(identity, artifacts);
    return artifacts;
  }
}

/** Whether something compares the tokens of models by their ids. */
export function needsTokens({ updates }: Pick<Workflow, 'updates'>): boolean {
  return [...updates.values()].some(({ vocabulary }) => vocabulary === 'cut');
}
