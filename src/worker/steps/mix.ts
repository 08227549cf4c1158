import { decodeRows, encodeRows } from '../../data/row.js';
import { type MixPart, mixCounts, mixRows, transformRows } from '../../data/transform-rows.js';
import type { MixParams } from '../../steps/mix.js';
import type { StepContext } from '../step-context.js';

export async function runMix(context: StepContext<MixParams>): Promise<void> {
  const { parts, total, transforms } = context.params;
  const shares =
    total === undefined
      ? undefined
      : mixCounts(
          parts.map((part) => part.share!),
          total,
        );
  const rows: MixPart[] = [];
  for (const [index, { name, count }] of parts.entries()) {
    const bytes = await context.read(context.input(`part/${index}`));
    rows.push({ name, rows: decodeRows(bytes), count: shares?.[index] ?? count ?? 'all' });
  }
  await context.write('rows', encodeRows(transformRows(mixRows(rows, 'mix'), transforms, 'mix')));
}
