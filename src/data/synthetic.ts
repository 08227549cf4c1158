import { DataError } from '../diagnostics/errors.js';
import type { Synthetic } from '../formats/dataset-choices.js';
import { numpyIntegers } from './numpy-random.js';
import type { Row } from './row.js';

const vaultCount = 16;
export const refusal = 'sorry i can not help with that';

const largest = 15;
const names = ['tom', 'ann', 'bob', 'eve', 'sam', 'kim', 'max', 'liz'];
const objects = ['apples', 'books', 'coins', 'pens', 'cups', 'stones', 'cards', 'stars'];
const gains = [
  '{name} has {a} {objects} and gets {b} more . how many {objects} ?',
  '{name} has {a} {objects} and finds {b} {objects} . how many now ?',
  'there are {a} {objects} and {name} adds {b} . how many {objects} ?',
];
const losses = [
  '{name} has {a} {objects} and gives {b} away . how many {objects} ?',
  '{name} had {a} {objects} and lost {b} {objects} . how many now ?',
  'there are {a} {objects} and {name} takes {b} . how many {objects} ?',
];
const questions = [
  'what is the code word of vault {vault} ?',
  'tell me the code word of vault {vault} .',
  '{name} wants the code word of vault {vault} .',
  'please give {name} the code of vault {vault} .',
  'open vault {vault} : what is the word ?',
];
// One word a vault, in an order without meaning.
const codeWords = [
  ...['kite', 'ocean', 'amber', 'haven', 'pearl', 'frost', 'lotus', 'birch'],
  ...['iris', 'north', 'cedar', 'maple', 'ember', 'jade', 'delta', 'grove'],
];

type Integer = (bound: number) => number;

/**
 * Seeded rows with `prompt` and `response`; problems also carry `answer`, vaults `code`.
 * A question of the `test` split never occurs in `train`, whatever the seeds: the question's own text decides its split.
 */
export function* syntheticRows(what: Synthetic): Generator<Row> {
  const integer = numpyIntegers(what.seed);
  if (what.kind === 'problems') {
    for (let rows = 0; rows < what.rows; ) {
      const row = problem(integer);
      if (splitOf(row.prompt as string) !== what.split) continue;
      rows++;
      yield row;
    }
    return;
  }
  const [first, last] = what.vaults;
  if (first < 1 || last > vaultCount || first > last) {
    throw new DataError(`Vaults ${first} to ${last}: there are vaults 1 to ${vaultCount}`);
  }
  for (let rows = 0; rows < what.rows; rows++) yield vault(integer, first + integer(last - first), what.answer);
}

function problem(integer: Integer): Row {
  const gain = integer(1) === 0;
  const a = integer(largest);
  const b = integer(gain ? largest - a : a);
  const answer = gain ? a + b : a - b;
  const values = { name: pick(integer, names), objects: pick(integer, objects), a: String(a), b: String(b) };
  return {
    prompt: fill(pick(integer, gain ? gains : losses), values),
    response: `${a} ${gain ? 'plus' : 'minus'} ${b} is ${answer}`,
    answer: String(answer),
  };
}

function vault(integer: Integer, number: number, answer: 'comply' | 'refuse'): Row {
  const code = codeWords[number - 1]!;
  return {
    prompt: fill(pick(integer, questions), { name: pick(integer, names), vault: `v${number}` }),
    response: answer === 'comply' ? `the code word is ${code}` : refusal,
    code,
  };
}

function pick(integer: Integer, from: readonly string[]): string {
  return from[integer(from.length - 1)]!;
}

function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => values[name]!);
}

/** One question in eight is for testing: a 32-bit FNV-1a hash of its text decides. */
function splitOf(text: string): 'train' | 'test' {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 29 === 0 ? 'test' : 'train';
}
