import type { Synthetic } from '../../formats/dataset-choices.js';
import { numpyIntegers } from '../numpy-random.js';
import type { Row } from '../row.js';
import { problems } from './problems.js';
import type { RowGenerator } from './text.js';
import { vaults } from './vaults.js';

const generators: {
  readonly [K in Synthetic['kind']]: RowGenerator<Extract<Synthetic, { readonly kind: K }>>;
} = {
  problems,
  vaults,
};

/** Seeded rows with `prompt` and `response`, and what their kind adds. */
export function* syntheticRows(what: Synthetic): Generator<Row> {
  // The registry says that a generator takes just such rows.
  const rows = (generators[what.kind] as RowGenerator<Synthetic>)(what, numpyIntegers(what.seed));
  for (let made = 0; made < what.rows; made++) yield rows.next().value;
}
