import { RunflowError } from '../diagnostics/errors.js';
import type { Artifact, Artifacts } from '../formats/artifact.js';
import { rowCount } from '../plan/datasets/registry.js';
import type { PlannedCell } from '../plan/plan.js';
import { type JudgeParams, judge as judgeStep } from '../steps/judge.js';
import { isStepOf, type Step } from '../steps/step.js';
import type { Store } from '../store/store.js';
import { memoryKey } from '../store/store-folder.js';
import { definitionText } from '../workflow/definition.js';
import { isServerJudged, type JudgeMetric, type ServerJudged } from '../workflow/metrics/judge.js';
import type { Study, StudyCell } from '../workflow/study.js';
import type { Workflow } from '../workflow/workflow.js';
import type { Prepared } from './prepare.js';

/**
 * What a metric's judge behind a server would be asked. All counts are of distinct questions: responses that occur twice are
 * one, and it takes one request unless the server fails.
 */
export interface JudgeRequests {
  /** `metrics.harmfulness` */
  readonly judge: string;
  /** The server's name of the model. */
  readonly model: string;
  /** How many models' responses it judges. */
  readonly responseSets: number;
  /** Questions that a run asks at most; null while it is unknown how many rows there are. */
  readonly needed: number | null;
  /** Questions that are answered already and cost nothing. */
  readonly kept: number;
  /** Questions that the budget lets one run ask; null: it sets no limit. */
  readonly allowed: number | null;
  readonly allowedTokens: number | null;
}

/** Requests of all judges together; null where one of them is unknown, or has no limit. */
export type AllJudgeRequests = Pick<JudgeRequests, 'needed' | 'kept' | 'allowed'>;

/** Counts what judges would be asked, as far as it can be known now. Reads the store, writes nothing. */
export async function judgeRequests(prepared: JudgedPlan, study: Study, store: Store): Promise<JudgeRequests[]> {
  const found: JudgeRequests[] = [];
  for (const { metric, cells } of judgedMetrics(study)) {
    const requests = await requestsOf(metric, cells, prepared, store);
    if (requests !== undefined) found.push(requests);
  }
  return found;
}

type JudgedPlan = Pick<Prepared, 'plan' | 'steps' | 'outcomes'>;

/** The same metric of several cells. */
interface JudgedMetric {
  readonly metric: ServerJudged;
  readonly cells: StudyCell[];
}

/** Each definition of a metric once: cells may well differ in it. */
function judgedMetrics({ cells }: Study): Iterable<JudgedMetric> {
  const found = new Map<string, JudgedMetric>();
  for (const cell of cells) {
    for (const metric of cell.workflow.metrics.values()) {
      if (!isServerJudged(metric)) continue;
      const identity = definitionText(metric);
      const same = found.get(identity);
      if (same === undefined) found.set(identity, { metric, cells: [cell] });
      else same.cells.push(cell);
    }
  }
  return found.values();
}

async function requestsOf(
  metric: ServerJudged,
  cells: readonly StudyCell[],
  { plan, steps, outcomes }: JudgedPlan,
  store: Store,
): Promise<JudgeRequests | undefined> {
  const judge = `metrics.${metric.name}`;
  const labels = new Set(cells.map(({ label }) => label));
  const planned = plan.cells.filter(({ label }) => labels.has(label));
  const ids = new Set(planned.flatMap(({ named }) => named.get(judge) ?? []));
  const own = steps.filter((step) => isStepOf(judgeStep, step) && step.hints?.judge === judge && ids.has(step.id));
  const deferred = plan.deferred.some(({ what, cell = '' }) => what === judge && labels.has(cell));
  const sets = deferred ? Math.max(own.length, plan.responseSets.get(metric.name) ?? 0) : own.length;
  if (sets === 0) return undefined;
  const [first] = cells as [StudyCell];
  const rows = await rowsOf(metric, first.workflow, { cell: planned[0]!, outcomes }, store);
  const questions = await questionsOf(metric, store);
  let unknown = sets - own.length;
  for (const step of own as (Step & { readonly params: JudgeParams })[]) {
    if (!(await addQuestions(questions, step, outcomes, store).catch(unreadable))) unknown++;
  }
  const needed = unknown === 0 ? questions.open : rows === undefined ? null : questions.open + unknown * rows;
  const { requests, tokens } = metric.judge.asking.budget;
  const { model } = metric.judge;
  return {
    judge,
    model,
    responseSets: sets,
    needed,
    kept: questions.kept,
    allowed: requests ?? null,
    allowedTokens: tokens ?? null,
  };
}

export function inAll(judges: readonly JudgeRequests[]): AllJudgeRequests {
  const sum = (of: (judge: JudgeRequests) => number | null) =>
    judges.reduce<number | null>((total, judge) => {
      const one = of(judge);
      return total === null || one === null ? null : total + one;
    }, 0);
  return {
    needed: sum(({ needed }) => needed),
    kept: sum(({ kept }) => kept)!,
    allowed: sum(({ allowed }) => allowed),
  };
}

async function questionsOf({ judge }: ServerJudged, store: Store) {
  const { Questions } = await import('../eval/open-questions.js');
  return new Questions(judge, store.folder.scratch(memoryKey('verdicts')));
}

/** Adds what is asked about one set of responses. @returns false where the responses are not there yet. */
async function addQuestions(
  questions: Awaited<ReturnType<typeof questionsOf>>,
  step: Step & { readonly params: JudgeParams },
  outcomes: Prepared['outcomes'],
  store: Store,
): Promise<boolean> {
  const { itemsOf, judgedItems } = await import('../eval/open-questions.js');
  const outcome = outcomes.get(step.id);
  if (outcome?.status === 'cached') {
    questions.settle(judgedItems(await store.read(outcome.outputs.items!)));
    return true;
  }
  const rows = artifactOf(step, 'rows', outcomes);
  const responses = artifactOf(step, 'responses', outcomes);
  if (rows === undefined || responses === undefined) return false;
  const { dataset, prompt } = step.params;
  const contents = { rows: await store.read(rows), responses: await store.read(responses) };
  await questions.ask(itemsOf(contents, { dataset, column: prompt }));
  return true;
}

/** What is damaged is made again, and says so when it is used. */
function unreadable(error: unknown): undefined {
  if (!(error instanceof RunflowError)) throw error;
}

/** Rows that a metric looks at. */
async function rowsOf(
  { on, limit }: JudgeMetric,
  { datasets }: Workflow,
  { cell, outcomes }: { readonly cell: PlannedCell; readonly outcomes: Prepared['outcomes'] },
  store: Store,
): Promise<number | undefined> {
  const made = cell.named.get(`datasets.${on}`) ?? [];
  const [cached] = made.flatMap((step) => rowsArtifact(outcomes.get(step)) ?? []);
  const rows = cached === undefined ? rowCount(datasets.get(on)!) : countLines(await store.read(cached));
  return rows === undefined || limit === null ? rows : Math.min(limit, rows);
}

function artifactOf(step: Step, name: string, outcomes: Prepared['outcomes']): Artifact | undefined {
  const { node, output } = step.inputs[name]!;
  const outcome = outcomes.get(node);
  return outcome?.status === 'cached' ? outcome.outputs[output] : undefined;
}

function rowsArtifact(outcome: { readonly status: string; readonly outputs?: Artifacts } | undefined) {
  return outcome?.status === 'cached' ? outcome.outputs?.rows : undefined;
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (const byte of bytes) if (byte === 10) lines++;
  return lines;
}
