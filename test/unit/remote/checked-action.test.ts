import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../../src/formats/digest.js';
import { checkedAction } from '../../../src/remote/checked-action.js';
import { seal } from '../../../src/store/sealed.js';
import { recordOf } from './remote-fixtures.js';

const artifact = { digest: digestOf('x'), bytes: 8, tensor: { dtype: 'F32', shape: [2] } } as const;
const at = { file: '/home/ann/hub/model.safetensors', offset: 16 };
const sound = recordOf('one', { table: artifact, 'tensor/w': { ...artifact, at } }, { host: 'node-1' });

test('a sound record is taken as it is', () => {
  assert.equal(checkedAction(seal(sound), sound.key), sound);
});

test('a record that is torn, edited, of another key, or written another way is refused', () => {
  const text = seal(sound);
  const other = recordOf('two', {});
  const spaced = JSON.stringify(sound, undefined, 1).replaceAll('\n', ' ');
  for (const [wrong, message] of [
    [text.slice(0, -2), /not whole/],
    [text.replace('node-1', 'node-2'), /not whole/],
    [`${text}\n`, /not whole/],
    [`${spaced}\n${digestOf(spaced)}\n`, /not whole/],
    [seal(other), /another key/],
    [seal({ ...sound, params: { name: 'two' } }), /does not lead to its key/],
    [seal({ ...sound, revision: 2 }), /does not lead to its key/],
    [seal({ ...sound, deviceClass: 'other' }), /does not lead to its key/],
  ] as const) {
    assert.throws(() => checkedAction(wrong, sound.key), message);
  }
});

test('a record with a field that is not as it should be is refused, though its seal is right', () => {
  const outputs = (output: unknown) => ({ ...sound, outputs: { table: output } });
  for (const wrong of [
    { ...sound, extra: 1 },
    { ...sound, seconds: '1' },
    { ...sound, started: 'yesterday' },
    { ...sound, host: 7 },
    { ...sound, versions: { runflow: 1 } },
    { ...sound, outputs: [] },
    { ...sound, inputs: { from: { node: 'a', output: 'b', digest: 'sha256:../../x' } } },
    outputs({ ...artifact, digest: 'sha256:../../../etc/passwd' }),
    outputs({ ...artifact, bytes: -1 }),
    outputs({ ...artifact, bytes: 2 ** 60 }),
    outputs({ ...artifact, bytes: 4 }),
    outputs({ ...artifact, tensor: { dtype: 'F33', shape: [2] } }),
    outputs({ ...artifact, tensor: { dtype: 'constructor', shape: [2] } }),
    outputs({ ...artifact, more: 1 }),
    outputs({ ...artifact, at: { file: 'relative', offset: 0 } }),
    outputs({ ...artifact, at: { file: '/a/../../etc/passwd', offset: 0 } }),
    outputs({ ...artifact, at: { file: '//server/share', offset: 0 } }),
    outputs({ ...artifact, at: { file: '\\\\server\\share', offset: 0 } }),
    outputs({ ...artifact, at: { file: '/a\0b', offset: 0 } }),
    outputs({ ...artifact, at: { file: '/a', offset: -1 } }),
    { ...sound, step: '\ud800' },
    { ...sound, params: { name: '\udc00' } },
    { ...sound, params: { '\ud800': 1 } },
  ]) {
    assert.throws(() => checkedAction(seal(wrong), sound.key), /cannot be used: its? /, JSON.stringify(wrong));
  }
  const hidden = JSON.stringify(sound).replace('"table":', '"__proto__":');
  assert.throws(
    () => checkedAction(`${hidden}\n${digestOf(hidden)}\n`, sound.key),
    /its output "__proto__" is not one/,
  );
});

test('an output that runflow get would write outside of its folder is refused', () => {
  const plain = { digest: digestOf('x'), bytes: 8 };
  const named = (name: string) => seal({ ...sound, outputs: { [name]: plain } });
  for (const name of ['../x', '/etc/x', 'a/../../x', 'a//b', '..', '.', '', 'a\\..\\x', 'a\0b']) {
    assert.throws(() => checkedAction(named(name), sound.key), /has a name that leads out of a folder/, name);
  }
  for (const name of ['energy', 'tables/a b.csv', 'café..csv']) checkedAction(named(name), sound.key);
});

test('what is sealed and is no record, or is nested as deep as text can be, is refused as any other', () => {
  const sealed = (line: string) => `${line}\n${digestOf(line)}\n`;
  for (const line of ['null', '1', '"text"', '[]', '[1]']) {
    assert.throws(() => checkedAction(sealed(line), sound.key), /cannot be used: it is not a record of a step/);
  }
  const deep = '['.repeat(1e6) + ']'.repeat(1e6);
  const line = JSON.stringify({ ...sound, params: { name: '@' } }).replace('"@"', deep);
  assert.throws(() => checkedAction(sealed(line), sound.key), /its parameters cannot be part of a key/);
});

test.run();
