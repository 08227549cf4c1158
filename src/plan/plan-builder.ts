import { sameJson } from '../formats/json.js';
import { contracts, type StepKind, type StepOf } from '../steps/contracts.js';
import type { TokenisedDataset } from '../steps/data-table.js';
import type { ModelRows } from '../steps/model-rows.js';
import { portProblem } from '../steps/ports.js';
import type { Input, Step } from '../steps/step.js';
import type { Omission, Plan, PlanNote, ResultFile, Source } from './plan.js';
import { TrainingSeeds, type WithTrainingSeed } from './training-seeds.js';

/** A row of a table step with what it is made of: inputs by the end of their names, which begin with the row's index. */
export interface TableRow<Row> {
  readonly row: Row;
  readonly inputs: Readonly<Record<string, Input>>;
}

/** Collects a plan. A step that several definitions ask for is added once and counted for each. */
export class PlanBuilder {
  readonly #steps = new Map<string, Step>();
  readonly #sources = new Map<string, Source>();
  readonly #named = new Map<string, Set<string>>();
  readonly #omitted = new Map<string, Omission>();
  readonly #notes = new Map<string, PlanNote>();
  readonly #deferred = new Map<string, Set<string>>();
  readonly trainingSeeds: TrainingSeeds;
  readonly responseSets = new Map<string, number>();
  readonly results: ResultFile[] = [];
  /** Dataset whose tokens each tokenise step makes, of this round of the training seeds. */
  readonly tokenised = new Map<string, TokenisedDataset>();
  /** The step that chooses the tensors of each realigned model, of this round. */
  readonly realigned = new Map<string, string>();
  readonly exports = new Map<string, string>();

  constructor(trainingSeeds?: readonly number[]) {
    this.trainingSeeds = new TrainingSeeds(trainingSeeds);
  }

  /** Unrolls the workflow for each of its training seeds. */
  eachRound(unroll: (seed: number | undefined) => void): void {
    this.trainingSeeds.eachRound((seed) => {
      this.responseSets.clear();
      this.tokenised.clear();
      this.realigned.clear();
      unroll(seed);
    });
  }

  /**
   * Adds a step unless it is there, on behalf of definitions (`sweeps.parallel`). @returns its id, which says the training seed
   * that it depends on.
   * @throws TypeError when its inputs are not those of its contract, or another step has its id: bugs of the planner
   */
  add<K extends StepKind>(step: Omit<StepOf<K>, 'origin'>, ...definitions: readonly [string, ...string[]]): string {
    return this.#add({ ...step, id: this.idOf(step) }, definitions);
  }

  /** The same of a step that trains a model which lists training seeds, with the seed of this round. */
  addTrained<K extends StepKind>(
    step: Omit<StepOf<K>, 'origin'>,
    ...definitions: readonly [string, ...string[]]
  ): string {
    return this.#add({ ...step, id: this.trainingSeeds.idOf(step.id, step.inputs, true) }, definitions);
  }

  /** The same of a step that takes what was measured of all training seeds. */
  addOfAllSeeds<K extends StepKind>(
    step: Omit<StepOf<K>, 'origin'>,
    ...definitions: readonly [string, ...string[]]
  ): string {
    return this.#add(step, definitions);
  }

  /** The id that a step will have when it is added. */
  idOf({ id, inputs }: Pick<Step, 'id' | 'inputs'>): string {
    return this.trainingSeeds.idOf(id, inputs, false);
  }

  /** Adds a step that makes tables, once the rows of all training seeds are known; and its files to the results. */
  addTable<K extends StepKind, Row>(
    kind: K & string,
    rows: readonly TableRow<Row>[],
    files: readonly string[],
    params: (rows: readonly WithTrainingSeed<Row>[]) => StepOf<K>['params'],
    ...definitions: readonly string[]
  ): void {
    const joined = this.trainingSeeds.join(kind, rows, ({ inputs }) => Object.values(inputs));
    if (joined === undefined || joined.length === 0) return;
    const inputs: Record<string, Input> = {};
    for (const [index, { row }] of joined.entries()) {
      for (const [end, input] of Object.entries(row.inputs)) inputs[`${index}${end}`] = input;
    }
    const ofSeeds = joined.map(({ row: { row }, ...seed }) => ({ ...row, ...seed }));
    const step = { id: kind, kind, params: params(ofSeeds), inputs, group: 'Tables' } as unknown as Omit<
      StepOf<K>,
      'origin'
    >;
    const node = this.#add(step, ['report', ...definitions]);
    for (const file of files) this.results.push({ file, node, output: file });
  }

  #add<K extends StepKind>(step: Omit<StepOf<K>, 'origin'>, definitions: readonly [string, ...string[]]): string {
    const known = this.#steps.get(step.id);
    if (known === undefined) {
      const problem = portProblem(contracts[step.kind].inputs, Object.keys(step.inputs));
      if (problem !== undefined) throw new TypeError(`${step.id} of ${definitions[0]}: input ${problem}`);
      this.#steps.set(step.id, Object.freeze({ ...step, origin: definitions[0] }));
    } else if (!sameJson({ ...known, origin: null }, { ...step, origin: null })) {
      throw new TypeError(
        `two different steps have the id ${step.id}, one of ${known.origin} and one of ${definitions[0]}`,
      );
    }
    for (const definition of definitions) {
      const ids = this.#named.get(definition);
      if (ids === undefined) this.#named.set(definition, new Set([step.id]));
      else ids.add(step.id);
    }
    return step.id;
  }

  /**
   * Counts a model whose responses, or loss, a metric measures, whether or not its steps can be known yet.
   * @param seeded whether there is one a training seed
   */
  countResponses(metric: string, seeded: boolean): void {
    const sets = seeded ? this.trainingSeeds.rounds : 1;
    this.responseSets.set(metric, (this.responseSets.get(metric) ?? 0) + sets);
  }

  addSource(node: string, source: Source): void {
    this.#sources.set(node, source);
  }

  /** Notes that `definitions` cannot be unrolled before `models` (and datasets: `datasets.useful`) are fetched. */
  defer(models: readonly string[], ...definitions: readonly string[]): void {
    for (const what of definitions) {
      this.#deferred.set(what, new Set([...(this.#deferred.get(what) ?? []), ...models]));
    }
  }

  /** The models that something waits for; empty when everything could be unrolled. */
  waitsFor(): string[] {
    return [...new Set([...this.#deferred.values()].flatMap((models) => [...models]))];
  }

  /** Says what whoever looks at the results must know. */
  note(note: PlanNote): void {
    this.#notes.set(JSON.stringify(note), note);
  }

  get notes(): readonly PlanNote[] {
    return [...this.#notes.values()];
  }

  omit(omission: Omission): void {
    this.#omitted.set(JSON.stringify(omission), omission);
  }

  get omitted(): readonly Omission[] {
    return [...this.#omitted.values()];
  }

  build(): Omit<Plan, 'hub'> {
    const named = new Map([...this.#named].map(([name, ids]) => [name, [...ids]]));
    const nodes = new Map([...this.#sources.keys(), ...this.#steps.keys()].map((node) => [node, node]));
    return {
      steps: [...this.#steps.values()],
      sources: this.#sources,
      deferred: [...this.#deferred].map(([what, models]) => ({ what, models: [...models] })),
      responseSets: this.responseSets,
      results: this.results,
      exports: this.exports,
      named,
      omitted: this.omitted,
      notes: this.notes,
      cells: [{ label: '', coordinates: new Map(), nodes, named }],
    };
  }
}

/** The parameters of a table of models. */
export function rowsOfModels(rows: readonly WithTrainingSeed<{ readonly model: string }>[]): ModelRows {
  const models = rows.map(({ model }) => model);
  if (rows.every(({ trainingSeed }) => trainingSeed === undefined)) return { models };
  return { models, trainingSeeds: rows.map(({ trainingSeed = null }) => trainingSeed) };
}
