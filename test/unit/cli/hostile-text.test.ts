import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { reportError } from '../../../src/cli/report-error.js';
import { StepError, UsageError } from '../../../src/diagnostics/errors.js';
import { printable, printableJson, printableLine } from '../../../src/diagnostics/printable.js';

/** What a terminal obeys: escape sequences in both encodings, bells, carriage returns; what deceives an eye. */
const hostile = [
  ...['\u001b[31mred', '\u009b31mred', '\u001b]0;title\u0007', 'a\rb', 'a\bb', '\u0085', '\u2028'],
  ...['\u202eabc', '\u2066abc', '\u200eabc', '\u061cabc', 'a\u200bb', '\ufeffab', 'a\ud800b', 'a\udc00'],
];
// biome-ignore lint/suspicious/noControlCharactersInRegex: none may reach a terminal
const obeyed = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u200e\u2028-\u202e\u2066-\u2069\ufeff\u061c]/;

test('nothing that a terminal obeys is printed as it is, and everything else is', () => {
  for (const text of hostile) {
    assert.not.match(printable(text), obeyed, JSON.stringify(text));
    assert.match(printable(text), /\\u[0-9a-f]{4}/);
    assert.is(Buffer.from(printable(text)).toString(), printable(text));
    assert.not.match(printableLine(`${text}\n${text}`), /\n/);
  }
  const plain = 'Zażółć gęślą jaźń, 数据, 👩‍🔬, עברית, e\u0301\nnext';
  assert.is(printable(plain), plain);
});

test('JSON stays the same JSON', () => {
  for (const text of hostile) {
    const value = { [text]: [text, { text }] };
    assert.not.match(printableJson(value), obeyed);
    assert.equal(JSON.parse(printableJson(value)), value);
    assert.equal(JSON.parse(printableJson(value, 2)), value);
  }
});

test('an error shows the text of whoever caused it, and its hint and stack too', () => {
  const shown = (error: unknown) => {
    let text = '';
    reportError(error, (part) => {
      text += part;
    });
    return text;
  };
  for (const text of hostile) {
    assert.not.match(shown(new UsageError(`unknown command ${text}`, { hint: text })), obeyed);
    assert.not.match(shown(new StepError(`the server says ${text}\nand ${text}`)), obeyed);
    assert.not.match(shown(new Error(text)), obeyed);
    assert.not.match(shown(text), obeyed);
  }
});

test('commands print through one place', () => {
  const folder = new URL('../../../../src/cli/', import.meta.url);
  // Child processes whose line of JSON their parent reads, and the place itself.
  const exempt = ['doctor-device.ts', 'measure-machine.ts', 'output.ts'];
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  for (const file of files.filter((name) => !exempt.includes(name))) {
    assert.not.match(readFileSync(new URL(file, folder), 'utf8'), /stdout\.write\(|console\./, file);
  }
});

test.run();
