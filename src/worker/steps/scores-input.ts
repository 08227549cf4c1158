import { DataError } from '../../diagnostics/errors.js';
import { scoreKinds } from '../../eval/score-kinds.js';
import type { NamedScores, Scores, ScoreValues } from '../../steps/scores.js';
import type { StepContext } from '../step-context.js';

/** The scores of a metric that an input holds. */
export interface MeasuredScores {
  /** The metric's own. */
  readonly own: NamedScores;
  /** Further ones, by name, in the order in which tables show them. */
  readonly named: ReadonlyMap<string, NamedScores>;
  /** The metric's own, of the items of each group. */
  readonly groups: ReadonlyMap<string, NamedScores>;
}

/** @throws DataError for scores whose weights are not one an item */
export async function readScores(
  context: StepContext,
  input: string,
  kind: keyof typeof scoreKinds,
): Promise<MeasuredScores> {
  const scores = JSON.parse(new TextDecoder().decode(await context.read(context.input(input)))) as Scores;
  const { mean, ...ofKind } = scoreKinds[kind];
  const bounds = scores.bounds ?? ofKind.bounds;
  const shares = scores.bounds === undefined ? (ofKind.shares ?? {}) : {};
  const named = new Map<string, NamedScores>();
  for (const [name, counted] of Object.entries(shares)) {
    const values = scores.values.map((score) => (score === null ? null : Number(score === counted)));
    named.set(name, { values, bounds: [0, 1] });
  }
  for (const [name, one] of Object.entries(scores.named ?? {})) named.set(name, one);
  for (const one of [scores, ...named.values()]) checkWeights(one);
  const { values, weights } = scores;
  const own = { values, ...(weights && { weights }), bounds, ...(mean && { mean }) };
  const groups = new Map(Object.entries(scores.groups ?? {}).map(([name, items]) => [name, partOf(own, items)]));
  return { own, named, groups };
}

function partOf({ values, weights, ...same }: NamedScores, items: readonly number[]): NamedScores {
  const pick = <T>(list: readonly T[]) => items.map((item) => list[item]!);
  return { values: pick(values), ...(weights && { weights: pick(weights) }), ...same };
}

function checkWeights({ values, weights }: ScoreValues): void {
  if (weights === undefined || weights.length === values.length) return;
  throw new DataError(`${weights.length} weights of ${values.length} scores`);
}
