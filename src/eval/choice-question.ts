import { textAt, textsAt, valueAt } from '../data/column-path.js';
import type { Row } from '../data/row.js';
import { DataError } from '../diagnostics/errors.js';
import type { ChoiceColumns } from '../formats/choice-questions.js';
import type { Json } from '../formats/json.js';

/** The choices of one row. */
export interface Choices {
  readonly texts: readonly string[];
  readonly labels: readonly string[];
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** @throws DataError naming the row when it has no choices, an empty one, or labels that are not one a choice */
export function choicesOf(row: Row, { choices, labels: labelPath }: ChoiceColumns, where: string): Choices {
  const texts =
    typeof choices === 'string' ? textsAt(row, choices, where) : choices.map((path) => textAt(row, path, where));
  if (texts.length === 0) throw new DataError(`${where} has no choices`, { hint: 'Leave such rows out with `where`.' });
  const empty = texts.indexOf('');
  if (empty >= 0) {
    throw new DataError(`${where}: choice ${empty + 1} is empty, so that it has no likelihood`, {
      hint: 'Leave such rows out with `where`.',
    });
  }
  if (labelPath === undefined) {
    if (texts.length > letters.length) {
      throw new DataError(`${where} has ${texts.length} choices, more than there are letters`, {
        hint: 'Name `labels`.',
      });
    }
    return { texts, labels: [...letters.slice(0, texts.length)] };
  }
  const labels = textsAt(row, labelPath, where);
  if (labels.length !== texts.length) {
    throw new DataError(`${where}: ${labels.length} labels of ${texts.length} choices`, {
      hint: 'Correct the row, or leave it out with `where`.',
    });
  }
  const twice = labels.find((label, index) => label === '' || labels.indexOf(label) !== index);
  if (twice !== undefined) {
    const what = twice === '' ? 'a label is empty' : `two choices have the label ${JSON.stringify(twice)}`;
    throw new DataError(`${where}: ${what}`, { hint: 'Correct the row, or leave it out with `where`.' });
  }
  return { texts, labels };
}

/**
 * Positions of the right choices, ascending, by what the row says:
 * - a list of 0 and 1 (or false and true), one a choice: the ones;
 * - where the workflow names `labels`: the choice whose label it is;
 * - else a number: the position, from 0; a text: a letter from A on, a position from 0 in digits, or the whole text of a
 *   choice. A text that means one choice read so and another read otherwise is refused.
 * @throws DataError naming the row when it names no choice, or several
 */
export function rightChoices(row: Row, path: string, choices: Choices, isLabelled: boolean, where: string): number[] {
  const answer = valueAt(row, path, where);
  const found = Array.isArray(answer)
    ? flagged(answer as readonly Json[], choices, where)
    : isLabelled
      ? labelled(answer, choices)
      : read(answer, choices);
  if (found.length === 0) {
    throw new DataError(`${where}: the answer ${excerpt(answer)} of "${path}" is none of the choices`, {
      hint: isLabelled
        ? `The labels are ${choices.labels.map((label) => JSON.stringify(label)).join(', ')}.`
        : 'An answer is a letter from A on, a position from 0, the text of a choice, or a list of 0 and 1, one a choice. Name `labels` where choices have names of their own.',
    });
  }
  if (!Array.isArray(answer) && found.length > 1) {
    const named = found.map((index) => excerpt(choices.texts[index]!)).join(' and ');
    throw new DataError(`${where}: the answer ${excerpt(answer)} can mean ${named}`, {
      hint: 'Name `labels`: the answer is then one of them and nothing else. Where answers are the texts themselves, name the path of the choices.',
    });
  }
  return found;
}

function flagged(flags: readonly Json[], { texts }: Choices, where: string): number[] {
  if (flags.length !== texts.length) {
    throw new DataError(`${where}: ${flags.length} marks of ${texts.length} choices`, {
      hint: 'A list of answers has a 0 or a 1 for each choice.',
    });
  }
  return flags.flatMap((flag, index) => {
    if (flag === 1 || flag === true) return [index];
    if (flag === 0 || flag === false) return [];
    throw new DataError(`${where}: the mark ${excerpt(flag)} of choice ${index + 1} is neither 0 nor 1`, {
      hint: 'A list of answers has a 0 or a 1 for each choice.',
    });
  });
}

function labelled(answer: Json, { labels }: Choices): number[] {
  const at = typeof answer === 'string' || typeof answer === 'number' ? labels.indexOf(String(answer)) : -1;
  return at < 0 ? [] : [at];
}

/** Every choice that the answer means in some reading. */
function read(answer: Json, { texts, labels }: Choices): number[] {
  const isPosition = typeof answer === 'number' || (typeof answer === 'string' && /^\d{1,9}$/.test(answer));
  const position = isPosition && Number.isInteger(Number(answer)) ? Number(answer) : -1;
  const readings = typeof answer === 'string' ? texts.flatMap((text, index) => (text === answer ? [index] : [])) : [];
  if (position >= 0 && position < texts.length) readings.push(position);
  if (typeof answer === 'string' && labels.includes(answer)) readings.push(labels.indexOf(answer));
  return [...new Set(readings)].sort((a, b) => a - b);
}

function excerpt(value: Json): string {
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}
