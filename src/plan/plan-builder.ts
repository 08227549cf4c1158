import { sameJson } from '../formats/json.js';
import { contracts, type StepKind, type StepOf } from '../steps/contracts.js';
import type { TokenisedDataset } from '../steps/data-table.js';
import { portProblem } from '../steps/ports.js';
import type { Step } from '../steps/step.js';
import type { Omission, Plan, PlanNote, ResultFile, Source } from './plan.js';

/** Collects a plan. A step that several definitions ask for is added once and counted for each. */
export class PlanBuilder {
  readonly #steps = new Map<string, Step>();
  readonly #sources = new Map<string, Source>();
  readonly #named = new Map<string, Set<string>>();
  readonly #omitted = new Map<string, Omission>();
  readonly #notes = new Map<string, PlanNote>();
  readonly #deferred = new Map<string, Set<string>>();
  readonly responseSets = new Map<string, number>();
  readonly results: ResultFile[] = [];
  /** Dataset whose tokens each tokenise step makes. */
  readonly tokenised = new Map<string, TokenisedDataset>();
  /** The step that chooses the tensors of each realigned model. */
  readonly realigned = new Map<string, string>();
  readonly exports = new Map<string, string>();

  /**
   * Adds a step unless it is there, on behalf of definitions (`sweeps.parallel`). @returns its id.
   * @throws TypeError when its inputs are not those of its contract, or another step has its id: bugs of the planner
   */
  add<K extends StepKind>(step: Omit<StepOf<K>, 'origin'>, ...definitions: readonly [string, ...string[]]): string {
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

  /** Counts one model whose responses, or loss, a metric measures, whether or not its steps can be known yet. */
  countResponses(metric: string): void {
    this.responseSets.set(metric, (this.responseSets.get(metric) ?? 0) + 1);
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
    return {
      steps: [...this.#steps.values()],
      sources: this.#sources,
      deferred: [...this.#deferred].map(([what, models]) => ({ what, models: [...models] })),
      responseSets: this.responseSets,
      results: this.results,
      exports: this.exports,
      named: new Map([...this.#named].map(([name, ids]) => [name, [...ids]])),
      omitted: this.omitted,
      notes: this.notes,
    };
  }
}
