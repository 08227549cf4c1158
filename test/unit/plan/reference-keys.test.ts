import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { recordedKeys, referenceKeys } from './reference-keys.js';

test('a store that was filled before answers everything: no key moves unless a result does', async () => {
  const recorded = recordedKeys();
  const now = await referenceKeys();
  const hint =
    'A key moves with its revision, params or inputs. Where results change that is right: run test/fixtures/plan/make-keys.ts. Otherwise stores lose what they hold.';
  for (const [workflow, kinds] of Object.entries(now)) {
    for (const [kind, keys] of Object.entries(kinds)) {
      assert.is(keys, recorded[workflow]?.[kind], `${workflow}: steps of kind ${kind}. ${hint}`);
    }
  }
  assert.equal(Object.keys(recorded).sort(), Object.keys(now).sort());
});

test.run();
