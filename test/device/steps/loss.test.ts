import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { architectureTensors } from '../../../src/formats/architecture.js';
import type { Artifact } from '../../../src/formats/artifact.js';
import { digestOf } from '../../../src/formats/digest.js';
import { fromFloat32, toFloat32 } from '../../../src/formats/float-conversion.js';
import { packTokenRows, type TokenRow } from '../../../src/formats/token-rows.js';
import { loss } from '../../../src/steps/loss.js';
import type { Scores } from '../../../src/steps/scores.js';
import { implementationOf } from '../../../src/worker/implementations.js';
import { fixtureNames, initialWeights, readFixture } from '../../fixtures/nn/fixture.js';
import { decoderOracle } from '../../oracles/nn/decoder.js';
import { DeviceContext } from './checkpoints.js';

/** Models as files hold them, of every architecture and in every type of float, run by a step. */

for (const name of fixtureNames) {
  for (const dtype of ['F32', 'BF16', 'F16', 'F64'] as const) {
    test(`${name} in ${dtype}: the loss of each row is that of double precision`, async () => {
      const { config, json } = await readFixture(name);
      const objects = new Map<string, Uint8Array>();
      const stored = (bytes: Uint8Array, tensor?: Artifact['tensor']): Artifact => {
        const digest = digestOf(bytes);
        objects.set(digest, bytes);
        return { digest, bytes: bytes.length, ...(tensor && { tensor }) };
      };
      const model: Record<string, Artifact> = { 'file/config.json': stored(Buffer.from(JSON.stringify(json))) };
      const exact = new Map<string, Float64Array>();
      for (const [tensor, shape] of architectureTensors(config)) {
        const values = initialWeights(config).get(tensor)!;
        const bytes = dtype === 'F64' ? new Uint8Array(Float64Array.from(values).buffer) : fromFloat32(values, dtype);
        model[`tensor/${tensor}`] = stored(bytes, { dtype, shape });
        exact.set(tensor, Float64Array.from(dtype === 'F64' ? values : toFloat32(bytes, dtype)));
      }
      // Rows of one token, without a target, and as long as any; the first tokens of each are its prompt.
      const rows: TokenRow[] = [9, 1, 4, 14].map((length, row) => {
        const inputIds = Int32Array.from({ length }, (_, t) => (row * 5 + t * t * 3) % config.vocabulary);
        return { inputIds, labels: inputIds.map((id, t) => (t <= row ? -100 : id)) };
      });
      const integers = (values: Int32Array) => stored(new Uint8Array(values.slice().buffer));
      const { inputIds, labels, offsets } = packTokenRows(rows);
      const tokens = { 'input-ids': integers(inputIds), labels: integers(labels), offsets: integers(offsets) };
      const context = new DeviceContext({ model: { kind: 'whole' } }, { model, tokens }, objects);
      await (await implementationOf(loss.kind))(context);
      const scores = JSON.parse(new TextDecoder().decode(objects.get(context.outputs.scores!.digest))) as Scores;
      const expected = rows.map((row) => {
        const sequence = { inputIds: [...row.inputIds], labels: [...row.labels] };
        const targets = sequence.labels.slice(1).filter((label) => label >= 0).length;
        return { targets, mean: decoderOracle(config, exact, [sequence]).loss / targets };
      });
      assert.equal(
        scores.weights,
        expected.map(({ targets }) => targets),
      );
      for (const [row, { targets, mean }] of expected.entries()) {
        const value = scores.values[row]!;
        if (targets === 0) assert.is(value, null);
        else assert.ok(Math.abs(value! / mean - 1) < 3e-6, `row ${row}: ${value} instead of ${mean}`);
      }
    });
  }
}

test.run();
