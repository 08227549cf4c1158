import { decodeRows } from '../../data/row.js';
import { DataError } from '../../diagnostics/errors.js';
import { divergence } from '../../eval/divergence.js';
import type { Artifact } from '../../formats/artifact.js';
import { toFloat32 } from '../../formats/float-conversion.js';
import { Turns } from '../../formats/turns.js';
import type { KlParams } from '../../steps/kl.js';
import type { Scores } from '../../steps/scores.js';
import type { StepContext } from '../step-context.js';
import { nextTokens } from './next-token.js';

export async function measureDivergence(context: StepContext<KlParams>): Promise<void> {
  const reference = context.inputs('reference');
  const kept = reference.logits as Artifact;
  const asked = decodeRows(await context.read(reference.prompts as Artifact)) as unknown as { ids: number[] }[];
  const own = await nextTokens(context, context.params);
  const [, vocabulary] = kept.tensor!.shape as readonly [number, number];
  if (vocabulary !== own.vocabulary) {
    const sizes = `${own.vocabulary} tokens, the reference model's ${vocabulary}`;
    throw new DataError(`the model's vocabulary has ${sizes}`, { hint: 'Compare models with one vocabulary.' });
  }
  const other = own.prompts.findIndex((ids, prompt) => ids.join() !== asked[prompt]!.ids.join());
  if (other >= 0) {
    throw new DataError(`prompt ${other + 1} is other tokens for this model than for the reference model`, {
      hint: 'Compare models with one tokenizer, and with one chat template where `template` is chat.',
    });
  }
  const turns = new Turns(context.signal);
  const values: number[] = [];
  for await (const logits of own.logits()) {
    await turns.take();
    const rowBytes = vocabulary * 4;
    const row = toFloat32(await context.read(kept, values.length * rowBytes, rowBytes), 'F32');
    values.push(divergence(row, logits));
  }
  const scores: Scores = { values };
  await context.write('scores', new TextEncoder().encode(JSON.stringify(scores)));
}
