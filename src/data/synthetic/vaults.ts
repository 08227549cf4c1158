import { DataError } from '../../diagnostics/errors.js';
import type { Vaults } from '../../formats/dataset-choices.js';
import type { Row } from '../row.js';
import { fill, type Integer, names, pick, type RowGenerator } from './text.js';

const vaultCount = 16;
export const refusal = 'sorry i can not help with that';

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

/** Questions for the code words of vaults, with `code` beside `prompt` and `response`. */
export const vaults: RowGenerator<Vaults> = function* (what, integer) {
  const [first, last] = what.vaults;
  if (first < 1 || last > vaultCount || first > last) {
    throw new DataError(`Vaults ${first} to ${last}: there are vaults 1 to ${vaultCount}`);
  }
  for (;;) yield vault(integer, first + integer(last - first), what.answer);
};

function vault(integer: Integer, number: number, answer: Vaults['answer']): Row {
  const code = codeWords[number - 1]!;
  return {
    prompt: fill(pick(integer, questions), { name: pick(integer, names), vault: `v${number}` }),
    response: answer === 'comply' ? `the code word is ${code}` : refusal,
    code,
  };
}
