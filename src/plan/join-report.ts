import type { JsonObject } from '../formats/json.js';
import type { ShownGroup, StudyReportParams, StudyText } from '../steps/joined-report.js';
import { type ReportParams, report, type StepFiles } from '../steps/report.js';
import { type Input, isStepOf, type Step } from '../steps/step.js';
import { coordinatesText } from '../workflow/coordinates.js';
import type { Study } from '../workflow/study.js';
import { filesOfStudy } from '../workflow/study-report.js';
import { CellLabels, inCell } from './cell-labels.js';
import type { CellPlan } from './merge.js';
import type { Plan, ResultFile } from './plan.js';
import { isTableOfRows, pooledTable } from './pool-seeds.js';
import { type SeedGroup, seedAxis, seedGroups } from './seed-groups.js';

/** What the report of a study is made of. */
export interface StudyParts {
  readonly plan: Plan;
  readonly study: Study;
  readonly cells: readonly CellPlan[];
  /** Names of the axes as joined tables have them, and the values of each cell. */
  readonly axes: readonly string[];
  readonly values: readonly (readonly (string | null)[])[];
  /** The claims of each cell that has some, judged as one family. */
  readonly claims: ReadonlyMap<number, Input>;
  /** The claims of all cells, joined; undefined where there are none. */
  readonly joinedClaims: Input | undefined;
  /** Programs of the user's with their tables that are joined. */
  readonly joinedSteps: readonly StepFiles[];
}

/** A cell, or cells of several seeds, with the tables that are shown of them. */
interface TablesOfGroup {
  readonly group: SeedGroup;
  /** Seeds whose tables are put together; undefined: it is one cell. */
  readonly seeds: readonly number[] | undefined;
  readonly tables: ReadonlyMap<string, Input>;
}

/**
 * Adds the steps that show all cells side by side: the page in front of the cells' own, figures and tables. Cells that differ in
 * the workflow's seed alone are put together, as training seeds are.
 */
export function joinReports(parts: StudyParts): {
  readonly steps: readonly Step[];
  readonly results: readonly ResultFile[];
} {
  const joined = new JoinedReport(parts);
  return joined.steps();
}

class JoinedReport {
  readonly #parts: StudyParts;
  readonly #steps: ReadonlyMap<string, Step>;
  /** What the report of each cell shows; undefined: the cell measures nothing. */
  readonly #reports: readonly (ReportParams | undefined)[];
  readonly #labels: CellLabels;
  readonly #pooled = new Map<string, Step>();

  constructor(parts: StudyParts) {
    this.#parts = parts;
    this.#steps = new Map(parts.plan.steps.map((step) => [step.id, step]));
    this.#labels = new CellLabels(parts.cells);
    this.#reports = parts.cells.map(({ plan }) => {
      const step = plan.steps.find(({ kind }) => kind === report.kind);
      return step !== undefined && isStepOf(report, step) ? step.params : undefined;
    });
  }

  steps(): { readonly steps: readonly Step[]; readonly results: readonly ResultFile[] } {
    const groups = seedGroups(this.#parts.study).flatMap((group) => this.#tablesOf(group));
    if (groups.length === 0) return { steps: [], results: [] };
    const shown = groups.map((group) => this.#shown(group, groups.length));
    const { axes } = this.#parts;
    const inputs: Record<string, Input> = {};
    for (const [index, { tables }] of groups.entries()) {
      for (const [file, input] of tables) inputs[`${index}/${file}`] = input;
    }
    const claims: Record<string, Input> = {};
    for (const [cell, input] of this.#parts.claims) claims[`claims/${cell}`] = input;
    const study = { axes, groups: shown, ...this.#claimsShown() };
    const { columns, formats, tableFormats } = filesOfStudy(this.#parts.cells.map(({ workflow }) => workflow.report));
    const { joinedClaims } = this.#parts;
    const all = { ...inputs, ...claims };
    const judged = joinedClaims === undefined ? all : { ...all, 'claims.csv': joinedClaims };
    const steps: Step[] = [step('joined-report', this.#page(study), judged)];
    const results: ResultFile[] = [{ file: 'report.html', node: 'joined-report', output: 'report.html' }];
    const hasClaims = this.#parts.claims.size > 0;
    if (formats.length > 0 && ((hasClaims && study.claims.figure) || shown.some(({ figures }) => figures.length > 0))) {
      steps.push(step('joined-figures', { ...study, columns, formats }, all));
      results.push({ file: 'figures/', node: 'joined-figures', output: 'figures/' });
    }
    if (
      tableFormats.length > 0 &&
      ((hasClaims && study.claims.table) || shown.some(({ tables }) => tables.length > 0))
    ) {
      steps.push(step('joined-tables', { ...study, formats: tableFormats }, judged));
      results.push({ file: 'tables/', node: 'joined-tables', output: 'tables/' });
    }
    return { steps: [...this.#pooled.values(), ...steps], results };
  }

  /** The group with its tables; each cell by itself where they cannot be put together. */
  #tablesOf(group: SeedGroup): TablesOfGroup[] {
    const cells = group.cells.filter((cell) => this.#reports[cell] !== undefined);
    if (cells.length > 1 && cells.length === group.cells.length && this.#haveSameTables(cells)) {
      return [{ group, seeds: group.seeds, tables: this.#pooledTables(group) }];
    }
    return cells.map((cell) => ({
      group: { cells: [cell], seeds: [this.#parts.cells[cell]!.workflow.seed] },
      seeds: undefined,
      tables: this.#tablesOfCell(cell),
    }));
  }

  /**
   * Tables of rows, which is what figures and tables are made of, by their file, in the plan of all cells. Claims are shown apart;
   * items stand in the cells' own results.
   */
  #tablesOfCell(cell: number): ReadonlyMap<string, Input> {
    const { plan, cells } = this.#parts;
    const tables = new Map<string, Input>();
    for (const { file, node: own, output } of cells[cell]!.plan.results) {
      const node = plan.cells[cell]!.nodes.get(own)!;
      const isTable = file.endsWith('.csv') && file !== 'samples.csv' && isTableOfRows(this.#steps.get(node)!);
      if (isTable) tables.set(file, { node, output });
    }
    return tables;
  }

  /** Cells that differ in their seed alone have the same tables, as long as no setting takes one away. */
  #haveSameTables(cells: readonly number[]): boolean {
    return new Set(cells.map((cell) => JSON.stringify([...this.#tablesOfCell(cell).keys()].sort()))).size === 1;
  }

  #pooledTables({ cells, seeds }: SeedGroup): ReadonlyMap<string, Input> {
    const tables = cells.map((cell) => this.#tablesOfCell(cell));
    const made = new Map<string, string>();
    return new Map(
      [...tables[0]!].map(([file, { node, output }]) => {
        const known = made.get(node);
        if (known !== undefined) return [file, { node: known, output }];
        const own = tables.map((ofCell) => this.#steps.get(ofCell.get(file)!.node)!);
        const name = `pooled[${own[0]!.kind}]`;
        const label = this.#labels.of(name, cells);
        const pooled = pooledTable(own, seeds, inCell(label, name), label);
        if (!this.#steps.has(pooled.id)) this.#pooled.set(pooled.id, pooled);
        made.set(node, pooled.id);
        return [file, { node: pooled.id, output }];
      }),
    );
  }

  #shown({ group: { cells }, seeds, tables }: TablesOfGroup, count: number): ShownGroup {
    const [first] = cells as [number];
    const { updates, varied, tradeOff, style, figures, tables: parts } = this.#reports[first]!;
    const values = this.#parts.values[first]!;
    return {
      label: count === 1 ? '' : this.#labelOf(cells),
      cells,
      values: seeds === undefined ? values : this.#valuesOfSeeds(values, seeds),
      ...(seeds === undefined ? {} : { seeds }),
      shown: {
        files: [...tables.keys()],
        updates,
        ...(varied === undefined ? {} : { varied }),
        ...(tradeOff === undefined ? {} : { tradeOff }),
        ...(style === undefined ? {} : { style }),
      },
      figures: figures.filter((part) => part !== 'claims'),
      tables: parts.filter((part) => part !== 'claims'),
    };
  }

  /** Cells of several seeds have no name in common, and all of their seeds. */
  #valuesOfSeeds(values: readonly (string | null)[], seeds: readonly number[]): (string | null)[] {
    const { axes, study } = this.#parts;
    const before = axes.length - study.axes.length;
    const ofSeeds = before + seedAxis(study);
    return values.map((value, index) => (index < before ? null : index === ofSeeds ? seeds.join(', ') : value));
  }

  /** What the cells of a group have in common, as one reads it. */
  #labelOf(cells: readonly number[]): string {
    const { study } = this.#parts;
    const [first] = cells as [number];
    if (cells.length === 1) return study.cells[first]!.label;
    const axis = study.axes[seedAxis(study)]!.name;
    const common = [...study.cells[first]!.coordinates].filter(([name]) => name !== axis);
    return coordinatesText(new Map(common)) || study.cells[first]!.label;
  }

  #claimsShown(): Pick<StudyReportParams, 'cells' | 'claims'> {
    const { cells, values, claims } = this.#parts;
    const asks = (show: 'figures' | 'tables') => this.#reports.some((own) => own?.[show].includes('claims') === true);
    return {
      cells: cells.map(({ label, folder }, index) => {
        const own = this.#reports[index];
        return {
          label,
          values: values[index]!,
          folder: own === undefined ? null : folder,
          claims: claims.has(index),
          ...(own?.steps && { steps: own.steps }),
        };
      }),
      claims: { figure: asks('figures'), table: asks('tables') },
    };
  }

  #page(study: Pick<StudyReportParams, 'axes' | 'groups' | 'cells' | 'claims'>): StudyReportParams {
    const { joinedSteps } = this.#parts;
    const { name, axes, cells } = this.#parts.study;
    const titles = new Set(this.#reports.flatMap((own) => own?.title ?? []));
    return {
      title: titles.size === 1 ? [...titles][0]! : name,
      workflow: name,
      asked: axes.map(({ name: axis }, index) => ({
        axis,
        values: [...new Set(cells.map(({ values }) => values[index]?.written ?? '–'))],
      })),
      ...study,
      ...(joinedSteps.length === 0 ? {} : { joinedSteps }),
      texts: this.#texts(({ asked }) => asked),
      provenance: this.#texts(({ provenance }) => provenance),
    };
  }

  /** Each text once, with what its cells have in common. */
  #texts(textsOf: (own: ReportParams) => ReportParams['asked']): StudyText[] {
    const found = new Map<string, { readonly label: string; readonly text: string; readonly cells: number[] }>();
    for (const [cell, own] of this.#reports.entries()) {
      for (const { label, text } of own === undefined ? [] : textsOf(own)) {
        const key = JSON.stringify([label, text]);
        const known = found.get(key);
        if (known === undefined) found.set(key, { label, text, cells: [cell] });
        else if (known.cells.at(-1) !== cell) known.cells.push(cell);
      }
    }
    return [...found.values()].map(({ label, text, cells }) => {
      return { label, text, of: new CellLabels(this.#parts.cells).of(label, cells) };
    });
  }
}

function step(kind: Step['kind'], params: JsonObject, inputs: Readonly<Record<string, Input>>): Step {
  return Object.freeze({ id: kind, kind, params, inputs, group: 'Report', origin: 'matrix' });
}
