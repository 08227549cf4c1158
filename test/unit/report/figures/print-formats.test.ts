import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { figureFiles } from '../../../../src/report/figures/figure-files.js';
import { optionalLibrary } from '../../../../src/report/figures/optional-library.js';
import { type FigureFormat, reportPartNames } from '../../../../src/workflow/report.js';
import { exampleReport } from '../example.js';

/** Figures as PDF and PNG. */

const libraries = ['pdfkit', 'fontkit', '@resvg/resvg-js', 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf'];
const missing = libraries.filter((name) => {
  try {
    import.meta.resolve(name);
    return false;
  } catch {
    return true;
  }
});
if (missing.length > 0) console.log(`without ${missing.join(', ')}: tests of PDF and PNG are skipped`);
const printed = missing.length > 0 ? test.skip : test;

async function filesOf(format: FigureFormat, parts: readonly string[], names: Readonly<Record<string, string>> = {}) {
  const input = exampleReport();
  const styled = { ...input, params: { ...input.params, style: { names } } };
  const files = new Map<string, Buffer>();
  for await (const { file, bytes } of figureFiles(styled, { parts, columns: 1, formats: [format] }))
    files.set(file, Buffer.from(bytes));
  return files;
}

/** What a page of a PDF is painted with. */
function contentOf(pdf: Buffer): string {
  const streams = pdf
    .toString('latin1')
    .matchAll(/<<[^<>]*?\/Filter \/FlateDecode[^<>]*?>>\nstream\n(.*?)\nendstream/gs);
  const texts = [...streams].map(([, stream]) => inflateSync(Buffer.from(stream!, 'latin1')).toString('latin1'));
  return texts.find((text) => text.includes(' cm\n'))!;
}

printed('every figure is a PDF of one page of its width, with lines and letters, and with its fonts', async () => {
  const files = await filesOf('pdf', reportPartNames);
  assert.ok(files.size > 15);
  for (const [file, pdf] of files) {
    const text = pdf.toString('latin1');
    assert.match(text, /^%PDF-1\.\d/, file);
    assert.is(text.match(/\/Type \/Page\b/g)?.length, 1, file);
    const [, height] = /\/MediaBox \[0 0 234 ([\d.]+)\]/.exec(text)!;
    assert.ok(Number(height) <= 9 * 72, `${file} fits a page`);
    assert.not.match(text, /\/Subtype \/Image/, file);
    assert.match(text, /\/FontFile2/, file);
    const content = contentOf(pdf);
    assert.match(content, / Tf\n/, `${file} has letters`);
    assert.match(content, /\b(S|f|B)\n/, `${file} has shapes`);
    assert.not.match(content, /NaN|undefined/, file);
  }
});

printed('the same figure gives the same bytes', async () => {
  for (const format of ['pdf', 'png'] as const)
    assert.equal(await filesOf(format, ['energy']), await filesOf(format, ['energy']), format);
});

printed('a PNG has 300 dots an inch, and something on it', async () => {
  for (const [file, png] of await filesOf('png', ['energy'])) {
    assert.is(png.toString('latin1', 1, 4), 'PNG', file);
    assert.is(png.readUInt32BE(16), 3.25 * 300, file);
    assert.ok(png.length > 10_000, file);
  }
});

printed('a character that the font lacks is an error that names it and what to do', async () => {
  for (const format of ['pdf', 'png'] as const) {
    try {
      await filesOf(format, ['energy'], { 'top-k': '漢字' });
      assert.unreachable();
    } catch (error) {
      const { message, hint } = error as Error & { hint: string };
      assert.match(message, `the font of figures as ${format} has no character U+6F22, which "漢字" holds`);
      assert.match(hint, 'report.names');
    }
  }
});

test('a library that is missing is an error that says what to install', async () => {
  try {
    const absent = 'a-package-that-is-not-there';
    await optionalLibrary('pdf', 'pdfkit', () => import(absent));
    assert.unreachable();
  } catch (error) {
    const { message, hint } = error as Error & { hint: string };
    assert.is(message, 'figures as pdf need pdfkit, which is not installed');
    assert.match(hint, 'npm install pdfkit fontkit dejavu-fonts-ttf)');
  }
});

const latex = spawnSync('pdflatex', ['--version']).status === 0;
if (!latex) console.log('without pdflatex: figures are not put into a document');

(latex && missing.length === 0 ? test : test.skip)('a figure goes into a LaTeX document', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runflow-latex-'));
  for (const [file, pdf] of await filesOf('pdf', ['energy'])) writeFileSync(join(folder, file), pdf);
  writeFileSync(
    join(folder, 'paper.tex'),
    '\\documentclass{article}\\usepackage{graphicx}\\begin{document}\\includegraphics{energy.pdf}\\end{document}\n',
  );
  const { status, stdout } = spawnSync('pdflatex', ['-interaction=nonstopmode', '-halt-on-error', 'paper.tex'], {
    cwd: folder,
    encoding: 'utf8',
  });
  assert.is(status, 0, stdout);
  rmSync(folder, { recursive: true });
});

test.run();
