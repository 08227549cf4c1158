import { scoreKinds } from '../eval/score-kinds.js';
import type { Action } from '../formats/action.js';
import type { Digest } from '../formats/digest.js';
import { namedScore, scoreOfGroup } from '../report/tables/evaluation.js';
import { type EvaluationTableParams, type EvaluationTableRow, evaluationTable } from '../steps/evaluation-table.js';
import { measuredScores, type NamedScores, type Scores } from '../steps/scores.js';
import { unlessDamaged } from '../store/object-store.js';
import type { Store } from '../store/store.js';
import type { RunStep } from './run-steps.js';

/** The scores behind a row of evaluation.csv. */
export interface RowScores {
  /** Digest of all scores that its step gave. */
  readonly digest: Digest;
  /** Digest of the rows, or their tokens, that were scored: equal ones are the same items in the same order. */
  readonly items: Digest | undefined;
  /** undefined: collected. */
  readonly scores: NamedScores | undefined;
}

/** The columns of a row that say what was measured, as one text; empty ones do not count. */
export function identityOf(row: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(row).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return JSON.stringify(given.map(([column, value]) => [column, String(value)]).sort());
}

/** Scores by the identity of their rows, of one cell of a run, as far as the store still has them. */
export async function scoresOf(store: Store, steps: readonly RunStep[]): Promise<ReadonlyMap<string, RowScores>> {
  const found = new Map<string, RowScores>();
  const keys = new Map(steps.map(({ id, key }) => [id, key]));
  const actionOf = (step: string): Action | undefined => {
    const key = keys.get(step);
    const action = key === undefined ? undefined : store.actions.read(key);
    return action === 'garbage' ? undefined : action;
  };
  for (const { id } of steps.filter(({ kind }) => kind === evaluationTable.kind)) {
    const table = actionOf(id);
    for (const [index, row] of ((table?.params as EvaluationTableParams | undefined)?.rows ?? []).entries()) {
      const input = table!.inputs[`${index}/scores`];
      if (input === undefined) continue;
      const scored = actionOf(input.node)?.inputs;
      const items = (scored?.rows ?? scored?.tokens)?.digest;
      for (const [metric, scores] of await namedScoresOf(store, input.digest, row)) {
        found.set(identityOf({ ...measuredOf(row), metric }), { digest: input.digest, items, scores });
      }
    }
  }
  return found;
}

/** Scores of a row and of the rows that stand beside it in the table; of collected ones the row alone. */
async function namedScoresOf(
  store: Store,
  digest: Digest,
  { metric, kind }: EvaluationTableRow,
): Promise<readonly (readonly [string, NamedScores | undefined])[]> {
  const object = store.objects.find(digest);
  const bytes = object === undefined ? undefined : await store.objects.read(object).catch(unlessDamaged);
  if (bytes === undefined || !Object.hasOwn(scoreKinds, kind)) return [[metric, undefined]];
  const { own, named, groups } = measuredScores(
    JSON.parse(new TextDecoder().decode(bytes)) as Scores,
    scoreKinds[kind],
  );
  return [
    [metric, own],
    ...[...named].map(([name, scores]) => [namedScore(metric, name), scores] as const),
    ...[...groups].map(([name, scores]) => [scoreOfGroup(metric, name), scores] as const),
  ];
}

/** What a row is of, by the columns of evaluation.csv. */
function measuredOf({ metric: _, kind: __, items: ___, trainingSeed, ...of }: EvaluationTableRow) {
  return { ...of, ...(trainingSeed === undefined ? {} : { training_seed: trainingSeed }) };
}
