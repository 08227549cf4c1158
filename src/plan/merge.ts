import { digestOf } from '../formats/digest.js';
import { judge } from '../steps/judge.js';
import type { Input, Step } from '../steps/step.js';
import { isStepOf } from '../steps/step.js';
import { definitionText } from '../workflow/definition.js';
import type { Workflow } from '../workflow/workflow.js';
import { CellLabels, inCell, type NamedCell } from './cell-labels.js';
import type { Deferred, HubDefinition, Plan, PlannedCell, ResultFile, Source } from './plan.js';

/** A cell with its plan, made as if it were alone. */
export interface CellPlan extends NamedCell {
  readonly workflow: Workflow;
  readonly plan: Plan;
  /** Folder of its results, below that of the study; empty: the study's own. */
  readonly folder: string;
}

/**
 * One plan of the plans of all cells. Steps of one name, kind and params with equal inputs are one step; so is what they are made
 * from. A step that only some cells have begins with these cells' label. Linear in the steps of all cells.
 */
export function mergePlans(cells: readonly CellPlan[]): Plan {
  const [first] = cells;
  if (cells.length === 1 && first!.label === '') return first!.plan;
  return new Merge(cells).plan();
}

/** Something that some cells share: a step, a source, a remark. */
interface Shared<T> {
  readonly name: string;
  readonly value: T;
  /** Indices of its cells. */
  readonly cells: number[];
}

/** Collects what is equal in several cells, in the order it is first met. */
class Sharing<T> {
  readonly all: Shared<T>[] = [];
  readonly #known = new Map<string, number>();

  /** @returns its number */
  add(cell: number, name: string, identity: string, value: T): number {
    const key = `${name}\n${identity}`;
    const known = this.#known.get(key);
    if (known !== undefined) {
      this.all[known]!.cells.push(cell);
      return known;
    }
    this.#known.set(key, this.all.length);
    return this.all.push({ name, value, cells: [cell] }) - 1;
  }
}

class Merge {
  readonly #cells: readonly CellPlan[];
  readonly #steps = new Sharing<Step>();
  readonly #sources = new Sharing<Source>();
  /** Map of each cell: node → `s3` or `n7`, the number of what is shared. */
  readonly #numbers: ReadonlyMap<string, string>[];

  constructor(cells: readonly CellPlan[]) {
    this.#cells = cells;
    this.#numbers = cells.map((cell, index) => this.#share(cell, index));
  }

  #share({ plan, workflow }: CellPlan, cell: number): ReadonlyMap<string, string> {
    const numbers = new Map<string, string>();
    for (const [node, source] of plan.sources) {
      numbers.set(node, `s${this.#sources.add(cell, node, definitionOf(source, workflow), source)}`);
    }
    for (const step of plan.steps) {
      const { id, kind, params, inputs } = step;
      const taken = Object.entries(inputs).map(([name, { node, output }]) => [name, numbers.get(node)!, output]);
      const identity = digestOf(JSON.stringify([kind, params, taken]));
      numbers.set(id, `n${this.#steps.add(cell, id, identity, step)}`);
    }
    return numbers;
  }

  plan(): Plan {
    const labels = new CellLabels(this.#cells);
    const names = new Map<string, string>();
    const sources = new Map<string, Source>();
    const given = new Set<string>();
    const give = (number: string, node: string) => {
      if (given.has(node)) throw new TypeError(`two different steps or sources have the id ${node}`);
      given.add(node);
      names.set(number, node);
    };
    for (const [number, { name, value, cells }] of this.#sources.all.entries()) {
      const node = inCell(labels.of(name, cells), name);
      give(`s${number}`, node);
      sources.set(node, { ...value, cell: this.#cells[cells[0]!]!.label });
    }
    const steps = this.#steps.all.map(({ name, value, cells }, number): Step => {
      const label = labels.of(name, cells);
      const id = inCell(label, name);
      give(`n${number}`, id);
      const numbers = this.#numbers[cells[0]!]!;
      const inputs: Record<string, Input> = {};
      for (const [port, { node, output }] of Object.entries(value.inputs)) {
        inputs[port] = { node: names.get(numbers.get(node)!)!, output };
      }
      return Object.freeze({ ...value, id, inputs, ...(label === '' ? {} : { cell: label }) });
    });
    const planned = this.#cells.map((cell, index) => plannedCell(cell, this.#numbers[index]!, names));
    const results = this.#cells.flatMap(({ plan, folder }, index) =>
      plan.results.map(
        ({ file, node, output }): ResultFile => ({
          file: folder === '' ? file : `${folder}/${file}`,
          node: planned[index]!.nodes.get(node)!,
          output,
        }),
      ),
    );
    const deferred = this.#cells.flatMap(({ plan, label }): Deferred[] =>
      plan.deferred.map((one) => ({ ...one, cell: label })),
    );
    const [{ plan: firstPlan }] = this.#cells as [CellPlan];
    return {
      steps: withResponseSets(steps, deferred.length > 0),
      sources,
      hub: this.#hub(),
      deferred,
      responseSets: sumOf(this.#cells.map(({ plan }) => plan.responseSets)),
      results,
      exports: new Map([...firstPlan.exports].map(([name, node]) => [name, planned[0]!.nodes.get(node)!])),
      named: unionOf(planned.map(({ named }) => named)),
      omitted: this.#remarks(({ omitted }) => omitted),
      notes: this.#remarks(({ notes }) => notes),
      cells: planned,
    };
  }

  /** Each once, with the first cell that takes it. */
  #hub(): HubDefinition[] {
    const sharing = new Sharing<HubDefinition>();
    for (const [index, { plan }] of this.#cells.entries()) {
      for (const definition of plan.hub) sharing.add(index, definition.name, JSON.stringify(definition), definition);
    }
    return sharing.all.map(({ value, cells }) => ({ ...value, cell: this.#cells[cells[0]!]!.label }));
  }

  #remarks<T extends { readonly of: string }>(remarksOf: (plan: Plan) => readonly T[]): T[] {
    const sharing = new Sharing<T>();
    for (const [index, { plan }] of this.#cells.entries()) {
      for (const remark of remarksOf(plan)) sharing.add(index, remark.of, JSON.stringify(remark), remark);
    }
    // Several remarks are of one thing, and may well have one label.
    return sharing.all.map(({ value, cells }) => ({
      ...value,
      of: inCell(new CellLabels(this.#cells).of('', cells), value.of),
    }));
  }
}

/** What a source is of, wherever it stands in a text. */
function definitionOf({ kind, name }: Source, workflow: Workflow): string {
  const path = { model: `models.${name}`, dataset: `datasets.${name}`, program: name }[kind];
  const section = path.slice(0, path.indexOf('.')) as 'models' | 'datasets' | 'metrics' | 'steps';
  return definitionText(workflow[section].get(path.slice(section.length + 1))!);
}

function plannedCell(
  { label, coordinates, plan }: CellPlan,
  numbers: ReadonlyMap<string, string>,
  names: ReadonlyMap<string, string>,
): PlannedCell {
  const nodes = new Map([...numbers].map(([node, number]) => [node, names.get(number)!]));
  const named = new Map([...plan.named].map(([definition, ids]) => [definition, ids.map((id) => nodes.get(id)!)]));
  return { label, coordinates, nodes, named };
}

function unionOf(maps: readonly ReadonlyMap<string, readonly string[]>[]): Map<string, readonly string[]> {
  const union = new Map<string, Set<string>>();
  for (const map of maps) {
    for (const [name, ids] of map) {
      const found = union.get(name) ?? new Set();
      union.set(name, found);
      for (const id of ids) found.add(id);
    }
  }
  return new Map([...union].map(([name, ids]) => [name, [...ids]]));
}

function sumOf(counts: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [name, count] of counts.flatMap((one) => [...one])) sums.set(name, (sums.get(name) ?? 0) + count);
  return sums;
}

/** A judge's budget is for the run: how much there is to judge is of all cells, as soon as it is known. */
function withResponseSets(steps: readonly Step[], isPartial: boolean): readonly Step[] {
  const counts = new Map<string, number>();
  const judgeOf = (step: Step) => (isStepOf(judge, step) ? step.hints?.judge : undefined);
  for (const step of steps) {
    const name = judgeOf(step);
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return steps.map((step) => {
    const name = judgeOf(step);
    if (name === undefined) return step;
    const known = Number(step.hints!.responseSets);
    const sets = isPartial ? Math.max(known, counts.get(name)!) : counts.get(name)!;
    return Object.freeze({ ...step, hints: { ...step.hints, responseSets: sets } });
  });
}
