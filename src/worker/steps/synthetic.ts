import { encodeRows } from '../../data/row.js';
import { syntheticRows } from '../../data/synthetic.js';
import { transformRows } from '../../data/transform-rows.js';
import type { SyntheticParams } from '../../steps/synthetic.js';
import type { StepContext } from '../step-context.js';

export async function runSynthetic(context: StepContext<SyntheticParams>): Promise<void> {
  const { what, transforms } = context.params;
  await context.write('rows', encodeRows(transformRows(syntheticRows(what), transforms, `synthetic ${what.kind}`)));
}
