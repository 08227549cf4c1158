// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in workflows look like that
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { renderDiagnostics } from '../../../src/diagnostics/render.js';
import { loadWorkflow } from '../../../src/workflow/load.js';
import { cpuMilliseconds } from '../../cpu-time.js';
import { memoryFiles } from './memory-files.js';
import { randomFrom } from './random.js';

/** A workflow is untrusted text: whatever it holds, it is read or refused, quickly and with a place. */

const shipped = ['exp1', 'exp3', 'lab', 'profiles/toy'].map((name) =>
  readFileSync(new URL(`../../../../workflows/${name}.yaml`, import.meta.url), 'utf8'),
);
const seedTexts = [
  `${shipped[0]}${shipped[2]!.replace(/runflow: 1\n/, '')}`.replace('include: [lab.yaml]\nprofile: toy', ''),
  shipped[1]!,
  shipped[3]!,
  'runflow: 1\nparams: { a: "${params.b}", b: 1 }\nmodels: { x: &x { path: "${params.a}" }, y: { <<: *x } }\n',
];
const splinters = [
  ...'{}[]:,&*?|>-#%@`!"\'\\\t\n\r\0 \u0085\u2028\ufeff\ud800',
  ...[
    '&a ',
    '*a',
    '<<: ',
    '!!binary ',
    '!!set ',
    '${',
    '${params.a}',
    '${a}${a}',
    '$${',
    '%YAML 1.1\n',
    '---\n',
    '...\n',
  ],
  ...[
    '.nan',
    '.inf',
    '1e999',
    '-0',
    '0x',
    '99999999999999999999',
    'null',
    '~',
    '|\n  ',
    '>-\n ',
    '? ',
    '- - - ',
    'é',
    '🙂',
  ],
  ...[
    '__proto__: ',
    'constructor: ',
    'toString',
    '__proto__',
    '[[[[[[[[',
    '{a: {a: {a: ',
    '"\\u',
    '"\\x4',
    "''",
    '../',
  ],
  ...['include: [a.yaml]\n', 'include: [main.yaml]\n', 'profile: toy\n', 'profiles: { toy: 5 }\n', 'runflow: 2\n'],
];

function mutated(text: string, random: (below: number) => number): string {
  let result = text;
  for (let edits = 1 + random(6); edits > 0; edits--) {
    const at = random(result.length + 1);
    const until = Math.min(result.length, at + random(30));
    const piece = result.slice(at, until);
    const splinter = splinters[random(splinters.length)]!;
    const replacements = [
      splinter,
      splinter.repeat(1 + random(40)),
      piece + piece,
      '',
      piece.toUpperCase(),
      `${splinter}${piece}`,
    ];
    result = result.slice(0, at) + replacements[random(replacements.length)] + result.slice(until);
    if (random(10) === 0) {
      const other = seedTexts[random(seedTexts.length)]!;
      result = result.slice(0, at) + other.slice(random(other.length));
    }
  }
  return result;
}

test('2,000 damaged workflows are read or refused, none slowly', async () => {
  const random = randomFrom(20_240_607);
  let accepted = 0;
  let slowest = 0;
  for (let round = 0; round < 2000; round++) {
    const text = mutated(seedTexts[random(seedTexts.length)]!, random);
    const disk = memoryFiles({
      'main.yaml': text,
      'lab.yaml': shipped[2]!,
      'a.yaml': mutated(seedTexts[3]!, random),
      'profiles/toy.yaml': shipped[3]!,
    });
    const start = cpuMilliseconds();
    const loaded = await loadWorkflow('main.yaml', {}, disk).catch((error: unknown) => {
      throw new Error(`round ${round}: ${JSON.stringify(text)}`, { cause: error });
    });
    if (loaded.ok) accepted++;
    else {
      assert.ok(loaded.diagnostics.length > 0);
      const screen = renderDiagnostics(loaded.diagnostics);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: none may reach a terminal
      assert.not.match(screen, /[\u0000-\u0009\u000b-\u001f\u007f]/);
      assert.ok(
        screen.split('\n').every((line) => line.length < 600),
        screen,
      );
    }
    slowest = Math.max(slowest, cpuMilliseconds() - start);
  }
  assert.ok(accepted > 50 && accepted < 1940, `${accepted} of 2,000 were accepted: the mutations test little`);
  assert.ok(slowest < 5000, `the slowest took ${slowest} ms`);
});

test('2,000 odd values of --set arrive whole or are refused', async () => {
  const random = randomFrom(20_240_608);
  const pieces = [
    '1.10',
    '0500',
    '0x',
    ' ',
    ',',
    '=',
    '#',
    ' # ',
    ':',
    ': ',
    '-',
    '- ',
    '"',
    "'",
    '[',
    ']',
    '{',
    '}',
    '\\',
    '&a',
    '*',
  ];
  pieces.push(
    '!',
    '|',
    '>',
    '%',
    '@',
    '`',
    '~',
    'null',
    'true',
    '.5',
    '1e5',
    '\n',
    '\t',
    'é',
    '🙂',
    '/',
    '$',
    '<<',
    '?',
    'a',
    '\u0007',
  );
  const texts = memoryFiles({
    'main.yaml': 'runflow: 1\nparams: { a: x }\nreport: { title: "<${params.a}>" }\nmodels: { m: { path: x } }\n',
  });
  let whole = 0;
  for (let round = 0; round < 2000; round++) {
    const text = Array.from({ length: 1 + random(5) }, () => pieces[random(pieces.length)]!).join('');
    if (text.includes('${')) continue;
    const titled = await loadWorkflow('main.yaml', { set: [`report.title=${text}`] }, texts);
    assert.ok(titled.ok && titled.value.report.title === text, JSON.stringify(text));
    const loaded = await loadWorkflow('main.yaml', { set: [`params.a=${text}`] }, texts);
    // A quote or bracket at the beginning says that YAML follows.
    if (!loaded.ok || /^["'[{]/.test(text)) continue;
    whole++;
    assert.is(loaded.value.report.title, `<${text}>`);
    const { a } = loaded.value.document.params as { a: unknown };
    assert.ok(a === text || ['number', 'boolean'].includes(typeof a), JSON.stringify(text));
  }
  assert.ok(whole > 1000, `${whole} of 2,000 arrived: the texts test little`);
});

test('texts made to exhaust a parser are refused quickly', async () => {
  const size = 60_000;
  const fill = (piece: string) => piece.repeat(Math.floor(size / piece.length));
  const lines = (line: (index: number) => string) => Array.from({ length: 5000 }, (_, index) => line(index)).join('\n');
  const hostile = [
    ...[
      '[',
      '{',
      '{a: ',
      '[a, ',
      '- ',
      '? ',
      ': ',
      '"',
      "'",
      '#\n',
      '%A\n',
      '---\n',
      '- !!foo x\n',
      '\t',
      ' ',
      'a\n',
      ',',
    ].map(fill),
    ...['!', '- ! ', '&a ', '*a ', '<<: ', '|\n', '\\', 'a: b\n', '${', '\r', '\0', '🙂', '\ufeff', '"\\u'].map(fill),
    `"${fill('\\u')}`,
    `"${fill('a\n')}`,
    `[${fill(',')}`,
    `[${fill('#\n')}`,
    lines((index) => `k${index}: 1`),
    lines((index) => `- &a${index} x`),
    lines((index) => `a${index}: &a${index} [*a${index - 1}]`),
    `{ ${lines((index) => `k${index}: 1,`)} }`,
    Array.from({ length: 340 }, (_, index) => `${' '.repeat(index)}a:`).join('\n'),
    `runflow: 1\nparams:\n${lines((index) => `  p${index}: "\${params.p${index + 1}}"`).slice(0, size)}`,
    `runflow: 1\nparams:\n  p0: x\n${lines((index) => `  p${index + 1}: "\${params.p${index}}\${params.p${index}}"`).slice(0, size)}`,
    `runflow: 1\nname: "${fill('${seed}')}"\nseed: 1`,
    `runflow: 1\nname: "\${${fill('a.')}}"\nseed: 1`,
    `runflow: 1\nmodels: { ${lines((index) => `m${index}: { pat: ${index} },`).slice(0, size)} }`,
    `runflow: 1\nupdates: { ${lines((index) => `u${index}: { from: m${index}, to: m },`).slice(0, size)} }`,
  ];
  for (const text of hostile) {
    const start = cpuMilliseconds();
    const loaded = await loadWorkflow('main.yaml', {}, memoryFiles({ 'main.yaml': text }));
    assert.not(loaded.ok);
    if (!loaded.ok) renderDiagnostics(loaded.diagnostics);
    const took = cpuMilliseconds() - start;
    assert.ok(took < 5000, `${took} ms for ${JSON.stringify(text.slice(0, 60))}`);
  }
});

test.run();
