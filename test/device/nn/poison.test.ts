import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Decoder } from '../../../src/nn/decoder.js';
import { GradientNorm } from '../../../src/nn/gradient-norm.js';
import { initialWeights, readFixture } from '../../fixtures/nn/fixture.js';
import { device } from '../device.js';

const gpu = await device();
const ids = Int32Array.of(1, 4, 2, 8, 5, 7);
const rows = [{ inputIds: ids, labels: ids }];

/** Drivers compute with NaN as they please (a maximum may drop it): whatever they do, training must notice. */
for (const fixture of ['llama-biased-llama3-rope', 'qwen3-biased', 'olmo2-gqa-biased', 'gemma3-pattern'] as const) {
  const { config } = await readFixture(fixture);
  const weights = initialWeights(config);
  for (const [what, value] of [
    ['NaN', Number.NaN],
    ['an infinity', Number.POSITIVE_INFINITY],
  ] as const) {
    for (const name of weights.keys()) {
      test(`${fixture}: ${what} in ${name} shows in the loss or is found in a gradient`, async () => {
        const decoder = await Decoder.create(gpu, config, { type: 'F32' }, async (tensor) => {
          const values = weights.get(tensor)!.slice();
          // Of an embedding, a token that the sequence has.
          if (tensor === name) values[name.includes('embed') ? 4 * config.hidden + 1 : values.length >> 1] = value;
          return new Uint8Array(values.buffer);
        });
        const norm = new GradientNorm(gpu, decoder.parameters);
        const loss = await decoder.accumulate(rows, 1);
        const noticed = Number.isFinite(loss) ? await norm.measure().catch((error: Error) => error.message) : 'loss';
        assert.type(noticed, 'string', `loss ${loss}, norm of all gradients ${noticed}`);
        norm.release();
        decoder.release();
      });
    }
  }
}

test.run();
