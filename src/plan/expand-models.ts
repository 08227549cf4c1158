import { architectureTensors, isTiedCopy } from '../formats/architecture.js';
import type { StepKind, StepOf } from '../steps/contracts.js';
import type { FetchParams } from '../steps/fetch.js';
import type { InitParams } from '../steps/init.js';
import type { ProjectedModel } from '../steps/model-recipe.js';
import type { PerturbParams } from '../steps/perturb.js';
import type { ProjectParams } from '../steps/project.js';
import type { Input } from '../steps/step.js';
import type { WordTokenizerParams } from '../steps/word-tokenizer.js';
import { modelAncestors } from '../workflow/models.js';
import type { Model, Workflow } from '../workflow/workflow.js';
import type { DatasetExpansion } from './expand-datasets.js';
import type { ProjectedModelNode } from './expand-projections.js';
import { factsOfTrained, tokeniseStep, trainParams } from './expand-training.js';
import type { Waiting } from './expand-updates.js';
import type { Facts, ModelFacts, TensorFacts } from './facts.js';
import type { PlanBuilder } from './plan-builder.js';

type ProjectedDefinition = Model & { readonly kind: 'projected' };

/** A model as a node of the DAG: its artifacts are `tensor/<name>` and `file/<name>`. */
export interface ModelNode {
  /** Absent for a hub model that is not pinned to a commit yet, and for what is made from one. */
  readonly node?: string;
  /** Absent as long as a hub model that it comes from was not fetched. */
  readonly facts?: ModelFacts;
  /** The hub models that must be fetched before the facts are known; empty when they are. */
  readonly waitsFor: readonly string[];
}

/** Adds the steps that make models, on demand: a model that nothing uses is never fetched. */
export class ModelExpansion {
  readonly #nodes = new Map<string, ModelNode>();
  readonly #workflow: Workflow;
  readonly #datasets: DatasetExpansion;
  readonly #facts: Facts;
  readonly #builder: PlanBuilder;
  readonly #projected: (model: ProjectedDefinition) => ProjectedModelNode | Waiting;

  /** @param projected what a projected model is made of, asked once the models it is made from are there */
  constructor(
    workflow: Workflow,
    datasets: DatasetExpansion,
    facts: Facts,
    builder: PlanBuilder,
    projected: (model: ProjectedDefinition) => ProjectedModelNode | Waiting,
  ) {
    this.#workflow = workflow;
    this.#datasets = datasets;
    this.#facts = facts;
    this.#builder = builder;
    this.#projected = projected;
  }

  /** Adds the model and whatever it is made from; by a stack of its own, so that a long ancestry cannot overflow. */
  node(name: string): ModelNode {
    const pending = [name];
    while (pending.length > 0) {
      const model = this.#workflow.models.get(pending.at(-1)!)!;
      const missing = this.#ancestors(model).filter((ancestor) => !this.#nodes.has(ancestor));
      if (missing.length > 0) {
        pending.push(...missing);
        continue;
      }
      pending.pop();
      if (!this.#nodes.has(model.name)) this.#nodes.set(model.name, this.#add(model));
    }
    return this.#nodes.get(name)!;
  }

  /** The trained ones of the models that were asked for so far, in the order of the workflow. */
  trained(): [name: string, node: ModelNode][] {
    return [...this.#workflow.models.values()].flatMap(({ name, kind }): [string, ModelNode][] => {
      const node = kind === 'train' ? this.#nodes.get(name) : undefined;
      return node === undefined ? [] : [[name, node]];
    });
  }

  #add(model: Model): ModelNode {
    switch (model.kind) {
      case 'path': {
        const node = `source[${model.name}]`;
        this.#builder.addSource(node, { kind: 'model', name: model.name });
        const facts = this.#facts.models.get(model.name)!;
        const why = 'not read: the weights come from the safetensors files that transformers would take';
        for (const what of facts.unread ?? []) this.#builder.omit({ of: `models.${model.name}`, what, why });
        return { node, facts, waitsFor: [] };
      }
      case 'hub':
        return this.#addFetch(model);
      case 'init':
        return this.#addInit(model);
      case 'perturb':
        return this.#addPerturb(model);
      case 'projected':
        return this.#addProjected(model);
      case 'train':
        return this.#addTrained(model);
    }
  }

  #addFetch(model: Model & { kind: 'hub' }): ModelNode {
    const commit = this.#facts.commits.get(model.name);
    if (commit === undefined) return { waitsFor: [model.name] };
    const params: FetchParams = { repo: model.repo, commit };
    const node = this.#step('fetch', model, params, {});
    const facts = this.#facts.models.get(model.name);
    return facts === undefined ? { node, waitsFor: [model.name] } : { node, facts, waitsFor: [] };
  }

  #addInit(model: Model & { kind: 'init' }): ModelNode {
    const { architecture, initializerRange, seed, dtype } = model;
    const params: InitParams = { architecture: { ...architecture }, initializerRange, seed, dtype };
    const tensors = [...architectureTensors(architecture)].map(([name, shape]) => [name, { dtype, shape }] as const);
    const facts = { tensors: new Map(tensors), tied: architecture.tied, files: new Set(['config.json']) };
    if (model.tokenizer === undefined) return { node: this.#step('init', model, params, {}), facts, waitsFor: [] };
    const tokenizer = this.#addTokenizer(model, model.tokenizer);
    for (const file of ['tokenizer.json', 'tokenizer_config.json']) facts.files.add(file);
    if ('waitsFor' in tokenizer) return { facts, waitsFor: tokenizer.waitsFor };
    const inputs = { tokenizer: { node: tokenizer.node, output: '*' } };
    return { node: this.#step('init', model, params, inputs), facts, waitsFor: [] };
  }

  #addTokenizer(
    model: Model & { kind: 'init' },
    { wordsOf, template }: NonNullable<(Model & { kind: 'init' })['tokenizer']>,
  ): { node: string } | { waitsFor: string[] } {
    const inputs: Record<string, Input> = {};
    const waitsFor = new Set<string>();
    for (const [index, name] of wordsOf.entries()) {
      const rows = this.#datasets.node(name);
      if ('waitsFor' in rows) for (const waiting of rows.waitsFor) waitsFor.add(waiting);
      else inputs[`rows/${index}`] = { node: rows.node, output: 'rows' };
    }
    if (waitsFor.size > 0) return { waitsFor: [...waitsFor] };
    const params: WordTokenizerParams = {
      vocabulary: model.architecture.vocabulary,
      datasets: wordsOf.length,
      template,
    };
    return { node: this.#step('word-tokenizer', model, params, inputs) };
  }

  #addTrained(model: Model & { kind: 'train' }): ModelNode {
    const parent = this.#nodes.get(model.from)!;
    const rows = this.#datasets.node(model.on);
    const recipe = this.#workflow.recipes.get(model.recipe)!;
    const waitsFor = [...new Set([...parent.waitsFor, ...('waitsFor' in rows ? rows.waitsFor : [])])];
    const facts = parent.facts && factsOfTrained(parent.facts, recipe);
    if (parent.node === undefined || parent.facts === undefined || 'waitsFor' in rows) {
      return facts === undefined ? { waitsFor } : { facts, waitsFor };
    }
    const tokens = tokeniseStep(
      {
        id: `tokenise[${model.name}]`,
        dataset: model.on,
        options: recipe.tokens,
        semantics: this.#workflow.semantics,
      },
      { model: parent.node, facts: parent.facts, rows: rows.node },
    );
    this.#builder.tokenised.set(tokens.id, { metric: null, model: model.name, dataset: model.on });
    const inputs = {
      parent: { node: parent.node, output: '*' },
      tokens: {
        node: this.#builder.add({ ...tokens, group: `Model ${model.name}` }, `models.${model.name}`),
        output: '*',
      },
    };
    const { checkpointEvery, activationCheckpointing } = recipe;
    const node = this.#step('train', model, trainParams(recipe, model.seed, this.#workflow.semantics), inputs, {
      checkpointEvery,
      activationCheckpointing,
    });
    return { node, facts: facts!, waitsFor: [] };
  }

  #addPerturb(model: Model & { kind: 'perturb' }): ModelNode {
    const parent = this.#nodes.get(model.from)!;
    const { seed, norm, decay, share } = model;
    const inputs: Record<string, string | undefined> = { parent: parent.node };
    if (share !== undefined) {
      const update = this.#workflow.updates.get(share.update)!;
      inputs['share-from'] = this.#nodes.get(update.from)!.node;
      inputs['share-to'] = this.#nodes.get(update.to)!.node;
    }
    const unknown = this.#ancestors(model).flatMap((name) => this.#nodes.get(name)!.waitsFor);
    const known: Record<string, Input> = {};
    for (const [name, node] of Object.entries(inputs)) {
      if (node === undefined) return { waitsFor: [...new Set(unknown)] };
      known[name] = { node, output: '*' };
    }
    const params: PerturbParams = { seed, norm, decay, ...(share === undefined ? {} : { share: share.weight }) };
    const node = this.#step('perturb', model, params, known);
    const facts = parent.facts;
    return facts === undefined ? { node, waitsFor: parent.waitsFor } : { node, facts, waitsFor: [] };
  }

  /** Written out, for whoever makes something of it; what only measures it makes it in memory. */
  #addProjected(model: ProjectedDefinition): ModelNode {
    const projected = this.#projected(model);
    if ('waitsFor' in projected) return { waitsFor: [...new Set(projected.waitsFor)] };
    const params: ProjectParams = { model: projected.model };
    const node = this.#step('project', model, params, projected.inputs);
    const facts = factsOfProjected(this.#nodes.get(projected.from.name)!.facts!, projected.model);
    return { node, facts, waitsFor: [] };
  }

  #ancestors(model: Model): string[] {
    return modelAncestors(model, this.#workflow.updates, this.#workflow.subspaces);
  }

  #step<K extends StepKind>(
    kind: K,
    model: Model,
    params: StepOf<K>['params'],
    inputs: Readonly<Record<string, Input>>,
    hints?: StepOf<K>['hints'],
  ): string {
    const id = `${kind}[${model.name}]`;
    const step = { id, kind, params, inputs, group: `Model ${model.name}`, ...(hints === undefined ? {} : { hints }) };
    return this.#builder.add(step, `models.${model.name}`);
  }
}

/** The tensors of the model that the update starts from, rounded as the semantics rounds; a tied head is not stored twice. */
function factsOfProjected({ tensors, tied, files }: ModelFacts, { ranks, heldAs }: ProjectedModel): ModelFacts {
  const projected = new Map<string, TensorFacts>();
  for (const [name, facts] of tensors) {
    if (isTiedCopy(name, tied, (other) => tensors.has(other))) continue;
    const dtype = facts.dtype === 'F64' ? 'F32' : facts.dtype;
    projected.set(name, name in ranks ? { ...facts, dtype: heldAs ?? dtype } : facts);
  }
  return { tensors: projected, tied, files };
}
