import { atEnd, type CostOf } from '../costed-step.js';
import { alike, describedTensor, smallFile, type TokenLengths } from '../described.js';
import { assumedUpTo, rowsOf } from '../rows.js';
import { work } from '../work.js';
import { storing } from './stored.js';

/** Characters of an English text's token, some. */
const tokenCharacters = 4;

/** Token ids and labels of every row, cut at max-length. */
export const tokenise: CostOf<'tokenise'> = (step) => {
  const lengths = step.known.outputs?.get('input-ids')?.lengths ?? boundedLengths();
  const text = step.input('rows').bytes;
  const characters = text > 0 ? text : tokenCharacters * lengths.total;
  const ids = describedTensor('I32', [lengths.total]);
  return storing(work({ host: { characters }, hostMemory: 4 * characters + 8 * lengths.total }), {
    'input-ids': { ...ids, lengths },
    labels: ids,
    offsets: describedTensor('I32', [lengths.count + 1]),
    summary: smallFile,
  });

  function boundedLengths(): TokenLengths {
    const { maxLength, dataset } = step.params;
    const rows = rowsOf(step, 'rows');
    const given = assumedUpTo(step, 'row-tokens', maxLength, 'by max-length');
    if (given !== undefined) return alike(rows, given, rows * (given - 1));
    const bound = `from 2 to ${maxLength}, its max-length; \`--assume row-tokens=N\` sets them`;
    step.unknown(`tokens of a row of ${dataset}`, bound);
    const length = atEnd(step, 2, maxLength);
    return alike(rows, length, rows * (length - 1));
  }
};
