import { claims as claimsStep } from '../steps/claims.js';
import { commandResults, fileOutput } from '../steps/command-results.js';
import type { JoinedCells, JoinedTableParams } from '../steps/joined-table.js';
import type { StepFiles } from '../steps/report.js';
import { type Input, isStepOf, type Step } from '../steps/step.js';
import type { CellValue, Study } from '../workflow/study.js';
import { inCell } from './cell-labels.js';
import { stepsFolder } from './expand-steps.js';
import { joinReports } from './join-report.js';
import type { CellPlan } from './merge.js';
import type { Plan, ResultFile } from './plan.js';

/** A table of one cell. */
interface TableOfCell {
  /** Index of the cell. */
  readonly cell: number;
  readonly table: Input;
}

/**
 * The plan with what all cells are joined in: each table once more, with a column for each axis in front, the claims as one
 * family, and the report of the study. Nothing is joined before everything can be planned.
 * @param cells those of the study, in its order
 */
export function joinCells(plan: Plan, study: Study, cells: readonly CellPlan[]): Plan {
  if (study.axes.length === 0 || plan.deferred.length > 0) return plan;
  return new Join(plan, study, cells).plan();
}

class Join {
  readonly #plan: Plan;
  readonly #study: Study;
  readonly #cells: readonly CellPlan[];
  readonly #tables: ReadonlyMap<string, readonly TableOfCell[]>;
  readonly #added = new Map<string, Step>();
  readonly #results: ResultFile[] = [];
  /** The claims of each cell, judged as a part of the family. */
  #claims: readonly TableOfCell[] = [];

  constructor(plan: Plan, study: Study, cells: readonly CellPlan[]) {
    this.#plan = plan;
    this.#study = study;
    this.#cells = cells;
    this.#tables = tablesOf(plan, cells);
  }

  plan(): Plan {
    for (const [file, tables] of this.#tables) {
      if (file === 'claims.csv') this.#addClaims(tables);
      else this.#addTable(file, tables);
    }
    this.#addReport();
    const ids = this.#results.map(({ node }) => node);
    const { steps, named, results } = this.#plan;
    return {
      ...this.#plan,
      steps: [...steps, ...this.#added.values()],
      named: new Map([...named, ['matrix', [...new Set(ids)]]]),
      results: [...this.#results, ...results],
    };
  }

  #addTable(file: string, tables: readonly TableOfCell[]): void {
    const params: JoinedTableParams = { ...this.#cellsOf(tables), file };
    this.#addJoined(file, 'joined-table', params, tables);
  }

  /** Judged once more, with intervals that are right for all cells together: a cell's own are right for that cell. */
  #addClaims(tables: readonly TableOfCell[]): void {
    const steps = new Map(this.#plan.steps.map((step) => [step.id, step]));
    const judged = tables.map(({ cell, table }) => ({ cell, table, step: steps.get(table.node)! }));
    const counts = new Map<string, number>();
    for (const { step } of judged) {
      for (const name of claimsOf(step)) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const ofFamily = judged.map(
      ({ cell, table, step }): TableOfCell => ({ cell, table: { ...table, node: this.#judgedAgain(step, counts) } }),
    );
    this.#claims = ofFamily;
    this.#addJoined('claims.csv', 'joined-claims-table', this.#cellsOf(tables), ofFamily);
  }

  #addReport(): void {
    const { axes, cells: values } = this.#cellsOf([...this.#cells.keys()].map((cell) => ({ cell })));
    const joinedClaims = this.#results.find(({ file }) => file === 'claims.csv');
    const { steps, results } = joinReports({
      plan: this.#plan,
      study: this.#study,
      cells: this.#cells,
      axes: axes.map(({ name }) => name),
      values,
      joinedClaims: joinedClaims && { node: joinedClaims.node, output: joinedClaims.output },
      claims: new Map(this.#claims.map(({ cell, table }) => [cell, table])),
      joinedSteps: filesOfSteps(this.#results),
    });
    for (const step of steps) this.#added.set(step.id, step);
    this.#results.push(...results);
  }

  /** @returns the node that judges the claims of a step as a part of the family */
  #judgedAgain(step: Step, counts: ReadonlyMap<string, number>): string {
    if (!isStepOf(claimsStep, step)) throw new TypeError(`${step.id} judges no claims`);
    const claims = step.params.claims.map((claim) => {
      const families = counts.get(claim.name)!;
      return families === 1 ? claim : { ...claim, families };
    });
    if (claims.every(({ families }) => families === undefined)) return step.id;
    const id = inCell(step.cell ?? '', 'claims-of-family');
    this.#added.set(id, Object.freeze({ ...step, id, params: { ...step.params, claims } }));
    return id;
  }

  #addJoined(file: string, kind: Step['kind'], params: JoinedCells, tables: readonly TableOfCell[]): void {
    const id = `joined[${file.replace(/\.csv$/, '')}]`;
    const inputs = Object.fromEntries(tables.map(({ table }, index) => [`${index}`, table]));
    this.#added.set(id, Object.freeze({ id, kind, params, inputs, group: 'Tables of all cells', origin: 'matrix' }));
    this.#results.push({ file, node: id, output: 'table.csv' });
    this.#results.push({ file: file.replace(/csv$/, 'parquet'), node: id, output: 'table.parquet' });
  }

  #cellsOf(tables: readonly Pick<TableOfCell, 'cell'>[]): JoinedCells {
    const { axes, cells } = this.#study;
    const isNumber = axes.map((_, axis) => cells.every(({ values }) => typeof (values[axis]?.value ?? 0) === 'number'));
    const isNamed = cells.some(({ label, values }) => label !== '' && !label.includes('=') && values.length > 0);
    const valuesOf = (cell: number) => {
      const { label, values } = cells[cell]!;
      const texts = values.map((value, axis) => valueText(value, isNumber[axis]!));
      return isNamed ? [label, ...texts] : texts;
    };
    return {
      axes: [
        ...(isNamed ? [{ name: 'cell', isNumber: false }] : []),
        ...axes.map(({ name }, axis) => ({ name, isNumber: isNumber[axis]! })),
      ],
      cells: tables.map(({ cell }) => valuesOf(cell)),
    };
  }
}

/** The tables of all cells by the name of their file, as the first cell that has one names them. */
function tablesOf(plan: Plan, cells: readonly CellPlan[]): ReadonlyMap<string, readonly TableOfCell[]> {
  const tables = new Map<string, TableOfCell[]>();
  for (const [cell, { plan: own }] of cells.entries()) {
    const steps = new Map(own.steps.map((step) => [step.id, step]));
    for (const { file, node, output } of own.results) {
      // What stands in tables/ is laid out for readers, and a file of a program's that is no declared table may hold anything.
      if (!file.endsWith('.csv') || file.startsWith('tables/')) continue;
      if (file.startsWith(stepsFolder) && !isDeclaredTable(steps.get(node)!, output)) continue;
      const found = tables.get(file) ?? [];
      tables.set(file, found);
      found.push({ cell, table: { node: plan.cells[cell]!.nodes.get(node)!, output } });
    }
  }
  return tables;
}

function isDeclaredTable(step: Step, output: string): boolean {
  return isStepOf(commandResults, step) && (step.params.tables ?? []).some((table) => output === fileOutput(table));
}

function claimsOf(step: Step): string[] {
  return isStepOf(claimsStep, step) ? step.params.claims.map(({ name }) => name) : [];
}

/** Lists the joined tables of each step of the user's for the page. */
function filesOfSteps(results: readonly ResultFile[]): StepFiles[] {
  const found = new Map<string, string[]>();
  for (const { file } of results) {
    if (!file.startsWith(stepsFolder)) continue;
    const [name, ...path] = file.slice(stepsFolder.length).split('/');
    found.set(name!, [...(found.get(name!) ?? []), path.join('/')]);
  }
  return [...found].map(([name, files]) => ({ name, files }));
}

/** Text of a value as the user wrote it, but for numbers in a form that other programs do not read. */
function valueText(value: CellValue | null, isNumber: boolean): string | null {
  if (value === null) return null;
  return isNumber && !/^-?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value.written) ? String(value.value) : value.written;
}
