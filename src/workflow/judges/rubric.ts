import { Formula, FormulaError } from '../../formats/formula.js';
import type { FormulaRubric, NumberInAnswer, RubricChoice, ScoreRubric } from '../../formats/response-choices.js';
import type { Path } from '../document.js';
import { checkPattern } from '../pattern.js';
import { suggestion } from '../problems.js';
import type { Scope } from '../scope.js';
import { strongReject } from './strongreject.js';

/** Tokens that a judge's answer has at most, where the workflow does not say. */
export const defaultVerdictTokens = 1024;

export type RawRubric = Extract<RubricChoice, string> | 'strongreject' | RawOwnRubric;

/** A score, or numbers and a formula: not both. */
type RawOwnRubric = { readonly prompt: string } & Partial<ScoreRubric> & Partial<FormulaRubric>;

/** A rubric with its patterns and formula checked, and what answers may say in lower case and sorted. */
export function resolveRubric(scope: Scope, rubric: RawRubric, path: Path): RubricChoice {
  if (rubric === 'strongreject') return strongReject;
  if (typeof rubric === 'string') return rubric;
  const { prompt, score, scores, numbers, formula } = rubric;
  if (score !== undefined && numbers === undefined && formula === undefined) {
    return resolveScore(scope, { prompt, score, ...(scores && { scores }) }, path);
  }
  if (score === undefined && scores === undefined && numbers !== undefined && formula !== undefined) {
    return resolveFormula(scope, { prompt, numbers, formula }, path);
  }
  const message = `a rubric reads a score, or several numbers of which a formula makes it; this one has ${given(rubric)}`;
  const hint = 'Give `score` (and `scores` for words), or `numbers` and `formula`.';
  scope.refuse(path, 'incomplete-rubric', message, hint);
  return 'policy';
}

/** `score and numbers` */
function given(rubric: RawOwnRubric): string {
  const keys = (['score', 'scores', 'numbers', 'formula'] as const).filter((key) => rubric[key] !== undefined);
  return keys.length === 0 ? 'neither' : keys.join(' and ');
}

/** Names of the numbers of which a rubric makes its score; empty where it reads the score itself. */
export function numbersOf(rubric: RubricChoice): readonly string[] {
  return typeof rubric === 'object' && 'formula' in rubric ? Object.keys(rubric.numbers) : [];
}

function resolveScore(scope: Scope, { prompt, score, scores }: ScoreRubric, path: Path): ScoreRubric {
  checkGroup(scope, score, [...path, 'score'], 'a score', '"score: ([1-5])"');
  if (scores === undefined) return { prompt, score };
  const lowered = Object.entries(scores).map(([said, value]) => [said.toLowerCase(), value] as const);
  return { prompt, score, scores: Object.fromEntries(lowered.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

function resolveFormula(scope: Scope, { prompt, numbers, formula }: FormulaRubric, path: Path): FormulaRubric {
  const sorted: Record<string, NumberInAnswer> = {};
  for (const name of Object.keys(numbers).sort()) {
    const { pattern, range } = numbers[name]!;
    const at = [...path, 'numbers', name];
    checkGroup(scope, pattern, [...at, 'pattern'], 'a number', '"refusal: ([01])"');
    if (range[0] >= range[1]) {
      const message = `the range of ${name} goes from ${range[0]} to ${range[1]}`;
      scope.refuse([...at, 'range'], 'invalid-range', message, 'Give the least number first, then the largest.');
    }
    sorted[name] = { pattern, range };
  }
  checkFormula(scope, formula, sorted, path);
  return { prompt, numbers: sorted, formula };
}

function checkFormula(scope: Scope, text: string, numbers: FormulaRubric['numbers'], path: Path): void {
  const at = [...path, 'formula'];
  try {
    const formula = new Formula(text);
    const names = Object.keys(numbers);
    const unknown = formula.names.find((name) => !names.includes(name));
    if (unknown !== undefined) {
      const message = `the formula names ${unknown}, which is none of the numbers`;
      scope.refuse(at, 'unknown-name', message, suggestion(unknown, names));
      return;
    }
    for (const name of names.filter((one) => !formula.names.includes(one))) {
      const message = `the formula does not use the number ${name}`;
      scope.refuse([...path, 'numbers', name], 'unused-number', message, 'Use it in `formula`, or remove it.');
    }
    formula.range(Object.fromEntries(Object.entries(numbers).map(([name, { range }]) => [name, range])));
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
    const hint = 'It takes +, -, *, /, brackets, numbers and the names of `numbers`.';
    scope.refuse(at, 'invalid-formula', `this is not a formula: ${error.message}`, hint);
  }
}

function checkGroup(scope: Scope, pattern: string, path: Path, what: string, example: string): void {
  checkPattern(scope, pattern, 'i', path);
  if (groupsIn(pattern) !== 0) return;
  const message = `this regular expression has no group, so no answer of the judge would hold ${what}`;
  scope.refuse(path, 'no-group', message, `Put round brackets around ${what.replace('a ', 'the ')}: ${example}.`);
}

/** Groups that capture something; undefined for what is not a pattern. */
function groupsIn(pattern: string): number | undefined {
  try {
    return new RegExp(`${pattern}|`).exec('')!.length - 1;
  } catch {
    return undefined;
  }
}
