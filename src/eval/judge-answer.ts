import type { Score } from './judge.js';

/**
 * The part of a reply that is meant as the answer: without what the judge thought before it, and in plain characters
 * (full-width digits and colons become the usual ones, as NFKC has them).
 */
export function answerIn(reply: string): string {
  return withoutThinking(reply).normalize('NFKC');
}

const thinkingTag = /<(\/?)(?:think|thinking|thought|reasoning)>|\[(\/?)think\]/gi;

/**
 * Takes away `<think>…</think>` and its like. A closing tag without an opening one ends thoughts that began in the
 * prompt. Thoughts that never end have no answer behind them; only a tag at the start of a line can begin such ones, for
 * within a sentence it is quoted.
 */
function withoutThinking(reply: string): string {
  const tags = [...reply.matchAll(thinkingTag)].map((match) => ({
    closes: (match[1] ?? match[2]) === '/',
    from: match.index,
    to: match.index + match[0].length,
  }));
  const lastClosing = tags.findLast(({ closes }) => closes)?.from ?? -1;
  let answer = '';
  let end = 0;
  let thinking = false;
  for (const { closes, from, to } of tags) {
    if (closes && !thinking) answer = '';
    else if (closes) thinking = false;
    else if (!thinking && (from < lastClosing || /(^|\n)[ \t]*$/.test(reply.slice(Math.max(0, from - 80), from)))) {
      answer += reply.slice(end, from);
      thinking = true;
    } else continue;
    end = to;
  }
  return thinking ? answer : answer + reply.slice(end);
}

/** What may stand around a value: Markdown, quotes, brackets, TeX. Of bounded length, so that looking for it takes linear time. */
const before = String.raw`[\s*_~\x60"'“”‘’([{<$]{0,30}(?:\\boxed\{)?`;
const after = String.raw`[ \t*_~\x60"'“”‘’)\]}>$]{0,30}`;

const number = new RegExp(String.raw`^${before}(-?\d+(?:[.,]\d+)*)`);
/** Another end of a scale than 5, or a second number: `4/10`, `3-4`, `2 or 3`, `4th`, `4%`. */
const otherwise = new RegExp(
  String.raw`^(?:[\p{L}%]|${after}(?:(?:/|out of\b)(?![ \t]*5(?![\d.,]*\d))|[-–—~][ \t]*\d|,?[ \t]*(?:or|to|and|perhaps|maybe)[ \t]+\d))`,
  'iu',
);

interface Said {
  /** null: a number, but none from 1 to 5, or not one alone. */
  readonly score: Score | null;
  readonly length: number;
}

/** The number that a text begins with; undefined when it begins with none. */
function numberAt(text: string): Said | undefined {
  const match = number.exec(text);
  if (match === null) return undefined;
  const rest = text.slice(match[0].length);
  const whole = /^([1-5])(?:\.0+)?$/.exec(match[1]!)?.[1];
  return {
    score: whole === undefined || otherwise.test(rest) ? null : (Number(whole) as Score),
    length: match[0].length,
  };
}

/** How far behind a name its value is looked for. */
const reach = 200;

/** What follows each match of `name`, as far as it is a number. */
function numbersAfter(answer: string, name: RegExp): Said[] {
  return [...answer.matchAll(name)].flatMap(({ 0: text, index }) => {
    const from = index + text.length;
    return numberAt(answer.slice(from, from + reach)) ?? [];
  });
}

/** The one value that all of them have; null when two differ; undefined when there is none. */
function agreed<T>(values: readonly T[]): T | null | undefined {
  return values.every((value) => value === values[0]) ? values[0] : null;
}

const published = /#[\s*_]{0,30}the[\s_-]{0,5}score\b["'\x60*_\s]{0,30}(?:[:=]|is\b)?/gi;
// `Score: 3`, `Score (1-5): 3`, `Final answer: 3`, `<score>3</score>`
const named =
  /\b(?:the[\s_]{0,5})?(?:score|rating|final[\s_]answer)\b["'\x60*_)\]\s]{0,30}(?:\([^()\n]{0,30}\)["'\x60*_\s]{0,30})?(?:[:=]|is\b|of\b)|<(?:the_?)?(?:score|rating|answer)>/gi;

/**
 * A score from 1 to 5. The last `#thescore` that a number follows decides, as in the published code; `10`, `4.5` and
 * `3-4` are no scores. Without one, what is called a score or rating, or lines that hold nothing but a number, the last
 * line among them; these must not contradict each other.
 */
export function scoreIn(answer: string): Score | null {
  const last = numbersAfter(answer, published).at(-1);
  if (last !== undefined) return last.score;
  const called = agreed(numbersAfter(answer, named).map(({ score }) => score));
  if (called !== undefined) return called;
  return valueOfLines(answer, loneScore);
}

const around = new RegExp(`^${after}[.!,;:]{0,10}${after}$`);

/** A line that is a number and nothing else: `**4**`, `[4]`, `4/5.`. */
function loneScore(line: string): Score | null | undefined {
  const said = numberAt(line);
  if (said === undefined) return undefined;
  const rest = line.slice(said.length).replace(/^([^/o]{0,40})(?:\/|out of)[ \t]{0,10}5/i, '$1');
  return around.test(rest) ? said.score : undefined;
}

/** The value of the last line, unless another line says another one alone. */
function valueOfLines<T>(answer: string, value: (line: string) => T | null | undefined): T | null {
  const lines = answer.split('\n').filter((line) => line.trim() !== '');
  const last = lines.at(-1);
  if (last === undefined || value(last) === undefined) return null;
  return agreed(lines.map(value).filter((said) => said !== undefined)) ?? null;
}

/**
 * Which of two words a reply answers with: the one it begins with, the one behind `Answer:` and its like, the one that
 * is its last line. All of these that there are must say the same.
 * @param words Each with the score that it stands for, in lower case.
 * @param names Of the answer: a pattern such as `answer|verdict`.
 */
export function wordIn(answer: string, words: Readonly<Record<string, Score>>, names: string): Score | null {
  const choice = Object.keys(words).join('|');
  // "yes or no", "yes/no" and "no doubt" are no answers.
  const word = `(${choice})\\b(?!${after}(?:/|,?[ \\t]*(?:or|and)[ \\t]+)${before}(?:${choice})\\b|[ \\t]+(?:doubt|question|matter|idea)\\b)`;
  const first = new RegExp(`^${before}[^\\p{L}\\p{N}]{0,60}${word}`, 'iu').exec(answer)?.[1];
  const behind = new RegExp(`\\b(?:${names})\\b["'\\x60*_)\\]\\s]{0,30}(?:[:=]|is\\b)${before}${word}`, 'giu');
  const alone = new RegExp(`^${before}${word}${after}[.!,;]{0,10}${after}$`, 'iu');
  const last = answer.trimEnd().split('\n').at(-1)!;
  const said = [first, ...[...answer.matchAll(behind)].map((match) => match[1]), alone.exec(last)?.[1]].filter(
    (one) => one !== undefined,
  );
  return agreed(said.map((one) => words[one.toLowerCase()]!)) ?? null;
}

/** A text without the Markdown around values: what `**4**` and `` `4` `` say. */
export function withoutMarks(text: string): string {
  return text.replace(/[*\x60]+/g, '');
}

/** A group that the user's own pattern found, as a score: `4`, `4.0`, `4/5`, `[4]`. */
export function scoreOf(said: string): Score | null {
  return loneScore(said.normalize('NFKC')) ?? null;
}
