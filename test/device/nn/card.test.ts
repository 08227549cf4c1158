import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fromFloat32 } from '../../../src/formats/float-conversion.js';
import type { TokenRow } from '../../../src/formats/token-rows.js';
import { argmax, noToken } from '../../../src/nn/argmax.js';
import { lossWeights, targetCount } from '../../../src/nn/batches.js';
import { Decoder } from '../../../src/nn/decoder.js';
import { generate } from '../../../src/nn/generate.js';
import { GradientNorm } from '../../../src/nn/gradient-norm.js';
import { fixtureNames, initialWeights, readFixture, unpadded } from '../../fixtures/nn/fixture.js';
import { card } from '../device.js';
import { closeTo, download } from './operands.js';

/** Everything as a graphics card computes it, on whatever device there is: many lanes a row, tiles in workgroup memory. */

for (const name of fixtureNames) {
  // Only attention knows of subgroups here.
  const kinds = name === 'odd-sizes' || name === 'qwen2-gqa' ? (['with', 'without'] as const) : (['with'] as const);
  for (const subgroups of kinds) {
    test(`${name} on a card ${subgroups} subgroups: gradients, hidden states and greedy tokens of double precision`, async () => {
      const gpu = await card(subgroups === 'without' ? 0 : undefined);
      const { config, training, steps, generations, tensors } = await readFixture(name);
      const weights = initialWeights(config);
      const decoder = await Decoder.create(gpu, config, { type: 'F32', largestWindow: 4 }, async (tensor) =>
        fromFloat32(weights.get(tensor)!, 'F32'),
      );
      const batches = steps[0]!.map((rows) =>
        rows.map((row): TokenRow => {
          const { inputIds, labels } = unpadded(row);
          return { inputIds: Int32Array.from(inputIds), labels: Int32Array.from(labels) };
        }),
      );
      const counts = batches.map((batch) => batch.reduce((sum, row) => sum + targetCount(row), 0));
      const scales = lossWeights(counts, training.normalisation === 'tokens' ? 'effective-batch' : 'micro-batch');
      let loss = 0;
      for (const [at, batch] of batches.entries()) loss += scales[at]! * (await decoder.accumulate(batch, scales[at]!));
      closeTo('loss', Float64Array.of(loss), tensors.get('losses')!.subarray(0, 1), 2e-6);
      for (const { name: tensor, gradient } of decoder.parameters) {
        closeTo(tensor, await download(gpu, gradient), tensors.get(`gradient/${tensor}`)!, 2e-5);
      }
      const norm = new GradientNorm(gpu, decoder.parameters);
      closeTo('norm', Float64Array.of(await norm.measure()), tensors.get('norms')!.subarray(0, 1), 4e-6);
      norm.release();

      const prompts = generations.prompts.map((prompt) => Int32Array.from(prompt));
      for (const [depth, state] of (await decoder.hiddenStates(prompts)).entries()) {
        closeTo(`depth ${depth}`, Float64Array.from(state), tensors.get(`hidden/${depth}`)!, 3e-6);
      }
      const options = { maxTokens: 16, endTokens: new Set<number>(), sampling: null, slots: 4 };
      const responses = await generate(gpu, decoder, prompts, options);
      assert.equal(
        responses.map((ids) => [...ids]),
        generations.tokens,
      );
      decoder.release();
    });
  }
}

test('a card finds the greedy choice among many lanes, and rows that are not finite', async () => {
  const gpu = await card();
  const [rows, vocabulary] = [70, 1000];
  const values = Float32Array.from({ length: rows * vocabulary }, (_, i) => ((i * 7919) % 211) - 100);
  values[3 * vocabulary + 999] = Number.NaN;
  const best = gpu.allocate(rows * 8, 'best');
  for (const [first, count] of [
    [0, 700],
    [700, 300],
  ] as const) {
    const part = Float32Array.from({ length: rows * count }, (_, i) => {
      return values[Math.floor(i / count) * vocabulary + first + (i % count)]!;
    });
    argmax(gpu, rows, { first, count }, gpu.upload(part, 'logits'), best);
  }
  const words = new Uint32Array(await gpu.read(best));
  for (let row = 0; row < rows; row++) {
    const ofRow = values.subarray(row * vocabulary, (row + 1) * vocabulary);
    const expected = row === 3 ? noToken : ofRow.indexOf(Math.max(...ofRow));
    assert.is(words[2 * row + 1], expected, `row ${row}`);
  }
});

test.run();
