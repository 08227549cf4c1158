import { encodeRows } from '../../data/row.js';
import { syntheticRows } from '../../data/synthetic.js';
import { transformRows } from '../../data/transform-rows.js';
import type { SyntheticParams } from '../data-params.js';
import type { StepContext } from '../step.js';

export async function runSynthetic(context: StepContext): Promise<void> {
  const { what, transforms } = context.params as SyntheticParams;
  await context.write('rows', encodeRows(transformRows(syntheticRows(what), transforms, `synthetic ${what.kind}`)));
}
