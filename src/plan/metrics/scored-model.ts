import type { StepKind, StepOf } from '../../steps/contracts.js';
import type { GenerateParams } from '../../steps/generate.js';
import type { Input, Step } from '../../steps/step.js';
import type { Program } from '../../workflow/program.js';
import type { BehaviourMetric, Semantics, TokenOptions } from '../../workflow/workflow.js';
import type { DatasetExpansion } from '../expand-datasets.js';
import type { PlannedProgram, ProgramExpansion } from '../expand-programs.js';
import { tokeniseStep } from '../expand-training.js';
import type { MeasuredModels } from '../measured-models.js';
import type { MeasuredModel } from '../model-node.js';
import type { PlanBuilder } from '../plan-builder.js';
import type { SweepPoint } from '../sweeps/kind.js';

/** What is made at the end of everything: steps that take the device from the models that are measured. */
export type Later = { readonly step: StepOf<StepKind>; readonly definitions: readonly [string, ...string[]] }[];

/** One model, or point of a sweep, as a metric scores it: what the metric's kind adds its steps with. */
export class ScoredModel {
  readonly model: MeasuredModel;
  /** The name of the model; null: it is a point of a sweep. */
  readonly named: string | null;
  readonly #metric: BehaviourMetric;
  readonly #parts: {
    readonly semantics: Semantics;
    readonly models: MeasuredModels;
    readonly datasets: DatasetExpansion;
    readonly programs: ProgramExpansion;
    readonly builder: PlanBuilder;
    readonly later: Later;
  };
  readonly #text: string;
  readonly #definitions: readonly [string, ...string[]];

  /**
   * @param point the model in the ids of steps, and in tables
   * @param definitions on whose behalf: `metrics.utility`, `sweeps.parallel`
   */
  constructor(
    metric: BehaviourMetric,
    model: MeasuredModel,
    { text, measured }: Pick<SweepPoint, 'text' | 'measured'>,
    definitions: readonly [string, ...string[]],
    parts: {
      readonly semantics: Semantics;
      readonly models: MeasuredModels;
      readonly datasets: DatasetExpansion;
      readonly programs: ProgramExpansion;
      readonly builder: PlanBuilder;
      readonly later: Later;
    },
  ) {
    this.#metric = metric;
    this.model = model;
    this.#text = text;
    this.named = measured.times === undefined ? measured.model : null;
    this.#definitions = definitions;
    this.#parts = parts;
  }

  /** How many models' responses the metric scores. */
  get responseSets(): number {
    return this.#parts.builder.responseSets.get(this.#metric.name)!;
  }

  /** The dataset that the metric is of. */
  get #on(): string {
    const { name, on } = this.#metric;
    if (on === null) throw new Error(`metric ${name} is of no dataset`);
    return on;
  }

  /** Rows of a dataset of the workflow. */
  rows(dataset: string): Input {
    const made = this.#parts.datasets.node(dataset);
    if ('waitsFor' in made) throw new Error(`dataset ${dataset} is not known yet`);
    return { node: made.node, output: 'rows' };
  }

  /** Another model of the workflow, one that judges. */
  other(name: string): MeasuredModel {
    return this.#parts.models.named(name) as MeasuredModel;
  }

  /** A model of the workflow as it is written. */
  written(name: string): Input {
    return { node: this.#parts.models.written(name).node!, output: '*' };
  }

  /** The program that scores. */
  program(program: Program): PlannedProgram {
    return this.#parts.programs.add(`metrics.${this.#metric.name}`, program);
  }

  /** The model's responses to rows of the metric's dataset. */
  responses(params: Omit<GenerateParams, 'model' | 'dataset'>, examples: { readonly examples?: Input } = {}): Input {
    const on = this.#on;
    const { model, inputs } = this.model;
    const step = this.#step('generate', { model, dataset: `datasets.${on}`, ...params }, 'Responses for', {
      ...inputs,
      rows: this.rows(on),
      ...examples,
    });
    return { node: this.#parts.builder.add(step, ...this.#definitions), output: 'responses' };
  }

  /** The rows of the metric's dataset as token ids, by the tokenizer of the model. */
  tokens(options: TokenOptions): Input {
    const dataset = this.#on;
    const { name } = this.#metric;
    const { semantics, builder } = this.#parts;
    const { origin } = this.model;
    const step = tokeniseStep(
      { id: `tokenise[${name},${origin.name}]`, dataset, options, semantics },
      { name: origin.name, model: origin.node, facts: origin.facts, rows: this.rows(dataset).node },
      this.#metric.range,
    );
    const node = builder.add({ ...step, group: 'Datasets' }, ...this.#definitions);
    builder.tokenised.set(node, { metric: name, model: origin.name, dataset });
    return { node, output: '*' };
  }

  /** A step that the scores of all models need, such as of another model: there is one for the metric. @returns its id */
  shared<K extends StepKind>(kind: K, of: string, params: StepOf<K>['params'], inputs: Step['inputs']): string {
    const { name } = this.#metric;
    const step = { id: `${kind}[${name},${of}]`, kind, params, inputs, group: `Reference of ${name}` };
    return this.#parts.builder.add(step, `metrics.${name}`);
  }

  /** The step that scores. @returns its id */
  score<K extends StepKind>(
    kind: K,
    params: StepOf<K>['params'],
    inputs: Step['inputs'],
    more: Pick<StepOf<K>, 'hints' | 'unknown'> = {},
  ): string {
    const step = this.#step(kind, params, 'Scores of', inputs);
    return this.#parts.builder.add({ ...step, ...more }, ...this.#definitions);
  }

  /** The same for a step that comes after all responses: it takes the device from the models that are measured. */
  scoreLater<K extends StepKind>(kind: K, params: StepOf<K>['params'], inputs: Step['inputs']): string {
    const step = this.#step(kind, params, 'Scores of', inputs);
    this.#parts.later.push({ step, definitions: this.#definitions });
    return this.#parts.builder.idOf(step);
  }

  #step<K extends StepKind>(kind: K, params: StepOf<K>['params'], what: string, inputs: Step['inputs']) {
    const { name } = this.#metric;
    return { id: `${kind}[${name},${this.#text}]`, kind, params, inputs, group: `${what} ${name}` };
  }
}
