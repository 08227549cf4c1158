import type { CosineResult, SignAgreementResult } from '../../formats/step-results.js';
import { CompensatedSum } from '../compensated-sum.js';
import { type RowOf, writeTable } from './csv.js';
import { cosineOf } from './energy.js';
import { pairName } from './overlap.js';
import { type OfTrainingSeed, trainingSeedCell, trainingSeedColumn } from './training-seed.js';

export const cosineColumns = {
  pair: 'text',
  tensor: 'text',
  cosine: 'number?',
  sign_agreement: 'number?',
  changed_by_both: 'number',
  elements: 'number',
  norm_a: 'number',
  norm_b: 'number',
  ...trainingSeedColumn,
} as const;

/** A row of cosine.csv: a pair of updates in one tensor; with an empty `tensor` in the whole model, as one long vector. */
export type CosineRow = RowOf<typeof cosineColumns>;

/** What rows are made of: a pair of updates and its tensors. */
export type CosineTableRow = OfTrainingSeed & {
  /** Names of the two updates. */
  readonly pair: readonly [string, string];
  readonly tensors: readonly {
    readonly tensor: string;
    /** How often the tensor counts in sums over the model, if not once: the published code counts a tied head, too. */
    readonly copies?: number;
  }[];
};

/** What a tensor of two updates was measured to be. */
export type PairTensor = CosineResult & SignAgreementResult;

/** Builds cosine.csv: of each pair first the whole model, then its tensors. */
export class CosineTable {
  readonly #rows: CosineRow[] = [];

  /** @param results one a tensor of the row, in its order */
  add(row: CosineTableRow, results: readonly PairTensor[]): void {
    const { tensors } = row;
    const copies = tensors.map(({ copies: times = 1 }) => times);
    const sum = (of: (result: PairTensor) => number) => {
      const total = new CompensatedSum();
      for (const [at, result] of results.entries()) total.add(copies[at]! * of(result));
      return total.value;
    };
    const whole = {
      product: sum(({ product }) => product),
      energy: sum(({ energy }) => energy),
      ontoEnergy: sum(({ ontoEnergy }) => ontoEnergy),
      elements: sum(({ elements }) => elements),
      changedByBoth: sum(({ changedByBoth }) => changedByBoth),
      agreeing: sum(({ agreeing }) => agreeing),
    };
    this.#rows.push(rowOf(row, '', whole));
    for (const [index, { tensor }] of tensors.entries()) this.#rows.push(rowOf(row, tensor, results[index]!));
  }

  csv(): string {
    return writeTable(cosineColumns, this.#rows);
  }
}

function rowOf(row: CosineTableRow, tensor: string, measured: PairTensor): CosineRow {
  const { energy, ontoEnergy, elements, changedByBoth, agreeing } = measured;
  return {
    pair: pairName(row.pair),
    tensor,
    cosine: cosineOf(measured),
    sign_agreement: changedByBoth === 0 ? null : agreeing / changedByBoth,
    changed_by_both: changedByBoth,
    elements,
    norm_a: Math.sqrt(energy),
    norm_b: Math.sqrt(ontoEnergy),
    ...trainingSeedCell(row),
  };
}
