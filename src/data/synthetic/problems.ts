import type { Problems } from '../../formats/dataset-choices.js';
import type { Row } from '../row.js';
import { fill, type Integer, names, pick, type RowGenerator } from './text.js';

const largest = 15;
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
/**
 * Arithmetic word problems, with `answer` beside `prompt` and `response`. A question of the `test` split never occurs in
 * `train`, whatever the seeds: the question's own text decides its split.
 */
export const problems: RowGenerator<Problems> = function* (what, integer) {
  for (;;) {
    const row = problem(integer);
    if (splitOf(row.prompt as string) === what.split) yield row;
  }
};

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

/** One question in eight is for testing: a 32-bit FNV-1a hash of its text decides. */
function splitOf(text: string): 'train' | 'test' {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 29 === 0 ? 'test' : 'train';
}
