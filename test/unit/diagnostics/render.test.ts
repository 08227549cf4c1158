import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Diagnostic } from '../../../src/diagnostics/diagnostic.js';
import { renderDiagnostics } from '../../../src/diagnostics/render.js';
import { coloured } from '../../../src/diagnostics/style.js';
import { SourceText } from '../../../src/workflow/source-text.js';

const text = ['runflow: 1', 'seed: 1', '', 'seed: 2', ''].join('\n');
const source = new SourceText('lab/main.yaml', '/lab', text);
const span = (wanted: string, from = 0) => {
  const start = text.indexOf(wanted, from);
  return source.range(start, start + wanted.length);
};
const problem = (message: string, range?: Diagnostic['range']): Diagnostic => ({
  severity: 'error',
  code: 'test',
  message,
  ...(range && { range }),
});

test('an error shows its place, its line, carets, what to do and the second place', () => {
  const first = span('seed');
  const screen = renderDiagnostics([
    {
      ...problem('the key "seed" is given twice', span('seed', first.end.offset)),
      hint: 'Keep one of them.',
      related: [{ message: 'first given here', range: first }],
    },
  ]);
  assert.is(
    screen,
    `lab/main.yaml:4:1: error: the key "seed" is given twice
 4 | seed: 2
   | ^^^^
  Keep one of them.
  lab/main.yaml:2:1: first given here
 2 | seed: 1
   | ^^^^
`,
  );
});

test('at most 20 are shown, and all are counted', () => {
  const screen = renderDiagnostics(Array.from({ length: 23 }, (_, index) => problem(`number ${index}`)));
  assert.match(screen, /number 19\n/);
  assert.not.match(screen, /number 20\n/);
  assert.ok(screen.endsWith('23 errors, 3 of them not shown\n'));
});

test('an error without a place is one line', () => {
  assert.is(
    renderDiagnostics([problem('cannot read a.yaml: no such file')]),
    'error: cannot read a.yaml: no such file\n',
  );
});

test('carets stand under the text behind tabs, control characters and characters outside the basic plane', () => {
  const line = '\ta\u001b🙂: wrong';
  const strange = new SourceText('a.yaml', '/', line);
  const start = line.indexOf('wrong');
  assert.is(
    renderDiagnostics([problem('no', strange.range(start, start + 5))]),
    `a.yaml:1:8: error: no\n 1 |  a\\u001b🙂: wrong\n   |${' '.repeat(12)}^^^^^\n`,
  );
});

test('a line of thousands of characters is cut around what is wrong', () => {
  const line = `${'x'.repeat(5000)}wrong${'y'.repeat(5000)}`;
  const long = new SourceText('a.yaml', '/', line);
  const [, shown, carets] = renderDiagnostics([problem('no', long.range(5000, 5005))]).split('\n');
  assert.ok(shown!.length < 120);
  assert.is(shown!.indexOf('wrong'), carets!.indexOf('^^^^^'));
});

test('what spans lines is marked to the end of the first', () => {
  const [, , carets] = renderDiagnostics([problem('no', source.range(0, text.length))]).split('\n');
  assert.is(carets, `   | ${'^'.repeat('runflow: 1'.length)}`);
});

test('colours surround, and change nothing else', () => {
  const diagnostics = [problem('no', span('seed'))];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out
  const bare = renderDiagnostics(diagnostics, coloured).replace(/\u001b\[\d+m/g, '');
  assert.is(bare, renderDiagnostics(diagnostics));
  assert.is.not(bare, renderDiagnostics(diagnostics, coloured));
});

test.run();
