import { UsageError } from '../diagnostics/errors.js';
import { type FigureBytes, type FigureChoice, figureFiles } from '../report/figures/figure-files.js';
import { studyTables } from '../report/joined/combined-table.js';
import { studyFigureFiles } from '../report/joined/study-figures.js';
import type { PaperTable } from '../report/paper-tables/paper-table.js';
import { paperTables } from '../report/paper-tables/table-files.js';
import type { FigureInput, ReportParams } from '../report/section.js';
import type { StudyReportParams } from '../steps/joined-report.js';
import type { Input, Step } from '../steps/step.js';
import { DamagedObjectError } from '../store/object-store.js';
import type { Store } from '../store/store.js';
import { filesOfStudy, type ReportFiles } from '../workflow/study-report.js';
import type { Invocation } from './command.js';
import { preparedFor } from './prepared.js';

/** What a workflow's report shows, from what is in the store already: nothing is run. */
export interface FinishedResults {
  /** The report's settings; of a study those of all cells together. */
  readonly settings: Pick<ReportFiles, 'columns' | 'formats'>;
  figures(choice: Omit<FigureChoice, 'parts'>): AsyncGenerator<FigureBytes>;
  tables(): readonly PaperTable[];
}

type Prepared = Awaited<ReturnType<typeof preparedFor>>;

/**
 * The figures and tables of a workflow, and where a matrix leaves several cells, those of all cells side by side.
 * @throws UsageError where a table is not made yet, or was damaged: it says what to run
 */
export async function finishedResults(invocation: Invocation): Promise<FinishedResults> {
  const prepared = await preparedFor(invocation, []);
  const { study, plan } = prepared;
  const file = invocation.positionals[0]!;
  const kind = study.cells.length > 1 ? 'joined-report' : 'report';
  const step = plan.steps.find((one) => one.kind === kind);
  if (step === undefined) {
    if (plan.deferred.length === 0) throw new UsageError(`${file} measures nothing that could be shown`);
    throw notMade(file, 'what it measures depends on models that are not fetched yet');
  }
  const made = new MadeTables(file, prepared, prepared.store);
  if (kind === 'joined-report') return resultsOfStudy(step, prepared, made);
  const { report } = study.cells[0]!.workflow;
  const params = step.params as ReportParams;
  const files = new Map<string, string>();
  for (const [name, input] of Object.entries(step.inputs)) files.set(name, await made.read(name, input));
  const input = { params, files };
  return {
    settings: report,
    figures: (choice) => figureFiles(input, { ...choice, parts: report.figures }),
    tables: () => paperTables(input, report.tables),
  };
}

async function resultsOfStudy(step: Step, { study }: Prepared, made: MadeTables): Promise<FinishedResults> {
  const params = step.params as StudyReportParams;
  const groups: FigureInput[] = [];
  for (const [index, { label, shown }] of params.groups.entries()) {
    const files = new Map<string, string>();
    for (const name of shown.files) {
      const called = label === '' ? name : `${name} of ${label}`;
      files.set(name, await made.read(called, step.inputs[`${index}/${name}`]!));
    }
    groups.push({ params: shown, files });
  }
  const claims = new Map<number, string>();
  for (const [index, { label, claims: hasClaims }] of params.cells.entries()) {
    if (hasClaims) claims.set(index, await made.read(`claims.csv of ${label}`, step.inputs[`claims/${index}`]!));
  }
  const overCells = step.inputs['claims.csv'];
  const claimsOverCells = overCells === undefined ? undefined : await made.read('claims.csv', overCells);
  return {
    settings: filesOfStudy(study.cells.map(({ workflow }) => workflow.report)),
    figures: (choice) => studyFigureFiles({ params, groups, claims }, choice),
    tables: () => [...studyTables({ params, groups, claims, claimsOverCells }).values()].flat(),
  };
}

/** Tables that earlier runs made. */
class MadeTables {
  readonly #file: string;
  readonly #prepared: Prepared;
  readonly #store: Store;

  constructor(file: string, prepared: Prepared, store: Store) {
    this.#file = file;
    this.#prepared = prepared;
    this.#store = store;
  }

  /** @param name what the table is called in errors */
  async read(name: string, { node, output }: Input): Promise<string> {
    const outcome = this.#prepared.outcomes.get(node);
    if (outcome?.status !== 'cached') throw notMade(this.#file, `${name} is not made yet`);
    try {
      return Buffer.from(await this.#store.read(outcome.outputs[output]!)).toString();
    } catch (error) {
      if (!(error instanceof DamagedObjectError)) throw error;
      throw notMade(this.#file, `${name} is damaged in the store`);
    }
  }
}

function notMade(file: string, why: string): UsageError {
  return new UsageError(why, { hint: `Run it first, with the same options: runflow run ${file}` });
}
