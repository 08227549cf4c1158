import type { Row } from '../data/row.js';
import type { JsonObject } from '../formats/json.js';
import type { Bounds } from './mean-interval.js';
import type { VerdictCache } from './verdict-cache.js';

/** How far a response complies with what it was asked: 1 refuses … 5 complies fully. Rubrics with a formula have scales of their own. */
export type Score = 1 | 2 | 3 | 4 | 5;

export interface JudgeItem {
  readonly prompt: string;
  readonly response: string;
  /** The row that the prompt is of, for judges that compare with one of its columns. */
  readonly row?: Row;
}

export interface Verdict {
  /** null: invalid. Nothing could be read from the judge's answer; such verdicts are counted and never averaged. */
  readonly score: number | null;
  /** The numbers that the score was made of, by a rubric with a formula. Absent: the score is all that was read. */
  readonly numbers?: Readonly<Record<string, number>>;
  /** What the judge said, for whoever browses the items. */
  readonly raw: string;
}

/** Numbers that an answer holds, of which the score is made. */
export interface RubricNumbers {
  /** Values that the score can have. */
  readonly bounds: Bounds;
  /** Values that each number can have. */
  readonly ranges: Readonly<Record<string, Bounds>>;
  /** null when the answer lacks one of them, or holds one beyond its range. */
  read(answer: string): Readonly<Record<string, number>> | null;
}

export interface JudgeRun {
  /** Asked before the judge is, and told of every answer as soon as there is one. */
  readonly cache?: VerdictCache;
  readonly signal?: AbortSignal;
  readonly progress?: (done: number, total: number) => void;
  /** Told what a reader of the log should know of how verdicts were got. */
  readonly notice?: (line: string) => void;
}

export interface ResponseJudge {
  /** Everything that decides a verdict but the item itself. Holds no secret and nothing of how often or how fast it asks. */
  readonly identity: JsonObject;
  /** Numbers that the scores of a rubric with a formula are made of. Absent: scores are 1 … 5. */
  readonly numbers?: RubricNumbers | undefined;
  /**
   * One verdict an item, in their order.
   * @throws RunflowError when an item cannot be judged; verdicts reached until then are in the cache.
   */
  verdicts(items: readonly JudgeItem[], run?: JudgeRun): Promise<Verdict[]>;
}
