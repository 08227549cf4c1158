// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in workflows look like that
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { toPlain } from '../../../src/workflow/document.js';
import { limits, parseYaml, parseYamlValue, recoveredYaml } from '../../../src/workflow/parse.js';
import { SourceText } from '../../../src/workflow/source-text.js';
import { cpuMilliseconds } from '../../cpu-time.js';

async function plain(text: string): Promise<unknown> {
  const parsed = await parseYaml(new SourceText('a.yaml', '/', text));
  assert.ok(parsed.ok, JSON.stringify(!parsed.ok && parsed.diagnostics));
  return toPlain((parsed as Extract<typeof parsed, { ok: true }>).value);
}

async function recovered(text: string): Promise<unknown> {
  const document = await recoveredYaml(new SourceText('a.yaml', '/', text));
  return document && toPlain(document);
}

async function refusals(text: string): Promise<string[]> {
  const parsed = await parseYaml(new SourceText('a.yaml', '/', text));
  assert.not(parsed.ok, 'the text is accepted');
  return (parsed as Extract<typeof parsed, { ok: false }>).diagnostics.map(
    ({ code, range }) => `${range?.start.line}:${range?.start.column} ${code}`,
  );
}

test('scalars have the types of the YAML 1.2 core schema', async () => {
  assert.equal(await plain('a: 1\nb: 1e-5\nc: 0x1f\nd: yes\ne: true\nf: "1"\ng: -.5\nh:\ni: ~\nj: 1_000\nk: -0\n'), {
    a: 1,
    b: 0.00001,
    c: 31,
    d: 'yes',
    e: true,
    f: '1',
    g: -0.5,
    h: null,
    i: null,
    j: '1_000',
    k: 0,
  });
});

test('line ends, trailing space, empty lines and a missing last line end change nothing', async () => {
  const text = 'a: 1\nb:\n  c: [x, "y z"]\n  d: |\n    one\n    two\n';
  const clean = await plain(text);
  for (const variant of [
    text.replaceAll('\n', '\r\n'),
    text.replace('\n', '\r\n'),
    text.replaceAll(']\n', ']  \t\n\n'),
  ]) {
    assert.equal(await plain(variant), clean);
  }
  assert.equal(await plain('a: 1\nb: "\u2028"'), { a: 1, b: '\u2028' });
});

test('minus zero is zero', async () => {
  assert.ok(Object.is(((await plain('a: -0')) as { a: number }).a, 0));
});

test('empty collections keep their kind, in both styles', async () => {
  assert.equal(await plain('a: {}\nb: []\nc:\n  - 1\n  - []\n'), { a: {}, b: [], c: [1, []] });
});

test('aliases repeat a value and << merges mappings, of which written keys and earlier ones win', async () => {
  assert.equal(await plain('a: &x { p: 1, q: 2 }\nb: *x\nc: { <<: *x, q: 3 }\nd: { q: 4, <<: [*x, { p: 5, r: 6 }] }'), {
    a: { p: 1, q: 2 },
    b: { p: 1, q: 2 },
    c: { q: 3, p: 1 },
    d: { q: 4, p: 1, r: 6 },
  });
});

test('a byte order mark and carriage returns change nothing', async () => {
  assert.equal(await plain('\ufeffa: 1\r\nb:\r\n  - x\r\n'), { a: 1, b: ['x'] });
});

const refused: Readonly<Record<string, readonly [string, ...string[]]>> = {
  'a key given twice': ['a: 1\nb: 2\na: 3', '3:1 duplicate-key'],
  'a key given twice in a flow mapping': ['x: { a: 1, "a": 2 }', '1:12 duplicate-key'],
  'two merge keys': ['a: &x { p: 1 }\nb: { <<: *x, <<: *x }', '2:14 duplicate-key'],
  'merging what is no mapping': ['a: { <<: 5 }', '1:6 invalid-merge'],
  'a carriage return alone, in a plain text': ['a: c\rk\nb: 1\n', '1:5 line-end'],
  'a carriage return alone, in quotes': ['a: 1\r\nb: "c\rk"\r\n', '2:6 line-end'],
  'half of a surrogate pair': ['a: "\\ud800"\n', '1:4 invalid-value'],
  'a key that is no text': ['? [a]\n: b', '1:3 yaml-syntax'],
  'a missing key': [': x', '1:1 invalid-key'],
  'the key __proto__': ['a: { __proto__: { b: 1 } }', '1:6 invalid-key'],
  'an alias of nothing': ['a: *x', '1:4 unknown-anchor'],
  'an alias before its anchor': ['a: *x\nb: &x 1', '1:4 unknown-anchor'],
  'an alias inside its anchor': ['a: &x [1, *x]', '1:11 cyclic-alias'],
  'a tag of YAML': ['a: !!binary aGk=', '1:4 yaml-tag'],
  'a tag of its own': ['a: !foo [1]', '1:4 yaml-tag'],
  'a tag on a key': ['!!str a: 1', '1:1 yaml-tag'],
  'a version directive': ['%YAML 1.1\n---\na: yes', '1:1 yaml-directive'],
  'a second document': ['a: 1\n---\nb: 2', '2:1 many-documents'],
  'not a number': ['a: .nan', '1:4 invalid-number'],
  infinity: ['a: -.inf', '1:4 invalid-number'],
  'a number too large for a double': ['a: 1e999', '1:4 invalid-number'],
  'a number too small for a double': ['a: 1e-400', '1:4 invalid-number'],
  'an integer that a double would round': ['a: 9007199254740993', '1:4 invalid-number'],
  'a hexadecimal integer that a double would round': ['a: 0xffffffffffffffff', '1:4 invalid-number'],
  'an empty text': ['', '1:1 not-a-mapping'],
  'a comment only': ['# nothing', '1:1 not-a-mapping'],
  'a list': ['- a', '1:1 not-a-mapping'],
  'an open bracket': ['a: [1, 2\n', '2:1 yaml-syntax'],
  'a brace where a value should end': ['a: { b: ${ }', '1:10 yaml-syntax'],
};
for (const [what, [text, ...codes]] of Object.entries(refused)) {
  test(`refused: ${what}`, async () => assert.equal(await refusals(text), codes));
}

test('the duplicate names where the key was first given', async () => {
  const parsed = await parseYaml(new SourceText('a.yaml', '/', 'a: 1\na: 2'));
  assert.is(!parsed.ok && parsed.diagnostics[0]?.related?.[0]?.range.start.line, 1);
});

test('bounds hold: size, depth, aliases, values', async () => {
  const shallow = (depth: number) => `a: ${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}`;
  await plain(shallow(limits.depth));
  assert.match((await refusals(shallow(limits.depth + 1)))[0]!, /too-deep/);
  assert.match((await refusals(`a: ${'x'.repeat(limits.characters)}`))[0]!, /too-large/);
  const aliases = (count: number) => `a: &x 1\nb: [${'*x, '.repeat(count)}]`;
  await plain(aliases(limits.aliases));
  assert.match((await refusals(aliases(limits.aliases + 1)))[0]!, /too-many-aliases/);
  await plain(`a: [${'1,'.repeat(limits.nodes - 10)}]`);
  assert.match((await refusals(`a: [${'1,'.repeat(limits.nodes + 1)}]`))[0]!, /too-large/);
});

test('an alias bomb is refused in the blink of an eye', async () => {
  const layers = 'abcdefghij'.split('').map((name, index, names) => {
    const inner = index === 0 ? '"lol"' : `*${names[index - 1]}`;
    return `${name}: &${name} [${Array(9).fill(inner).join(', ')}]`;
  });
  const start = cpuMilliseconds();
  assert.match((await refusals(layers.join('\n')))[0]!, /too-large/);
  assert.ok(cpuMilliseconds() - start < 1000);
});

test('a text that breaks off anywhere is read as far as it goes', async () => {
  const text = 'a: { b: [one, "two"], c: three }\nd:\n  - e: &x 1\n    f: *x\n  - { <<: { g: 2 } }\n';
  for (let length = 0; length <= text.length; length++) await recovered(text.slice(0, length));
  assert.equal(await recovered(text.slice(0, text.indexOf(', "two'))), { a: { b: ['one'] } });
  assert.equal(await recovered('a: 1\na: 2\nb: [c'), { a: 1, b: ['c'] });
  assert.is(await recovered('a: !tag 1'), undefined);
  assert.is(await recovered('- a'), undefined);
});

test('a value from within a text keeps the places of the text', async () => {
  const source = new SourceText('--set', '/', 'a.b=[1, 2]');
  const parsed = await parseYamlValue(source, 4);
  const place = parsed.ok && parsed.value.kind === 'list' && parsed.value.items[1]?.place;
  assert.equal(place && [place.source.text, place.start, place.end], ['a.b=[1, 2]', 8, 9]);
});

test.run();
