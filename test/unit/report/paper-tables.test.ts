import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { studyTables } from '../../../src/report/joined/combined-table.js';
import { hasNotes, numberOver, type PaperTable } from '../../../src/report/paper-tables/paper-table.js';
import { paperTables, tableText } from '../../../src/report/paper-tables/table-files.js';
import { texText } from '../../../src/report/paper-tables/tex.js';
import { summarize } from '../../../src/report/statistics.js';
import { claimColumns } from '../../../src/report/tables/claims.js';
import { writeTable } from '../../../src/report/tables/csv.js';
import { evaluationColumns } from '../../../src/report/tables/evaluation.js';
import { type ReportStyle, reportPartNames, tableFormats } from '../../../src/workflow/report.js';
import { exampleReport } from './example.js';
import { evaluationFile, point } from './sections/evaluation-csv.js';

/** Tables in the layout of papers. */

function tablesOf(style: ReportStyle = {}) {
  const input = exampleReport();
  return new Map(
    paperTables({ ...input, params: { ...input.params, style } }, reportPartNames).map((table) => [table.name, table]),
  );
}

test('a number is the mean of what was measured, with its sample standard deviation; of one value there is none', () => {
  const { mean, deviation } = numberOver(summarize([0.1, 0.2, 0.6]), undefined)!;
  assert.ok(Math.abs(mean - 0.3) < 1e-15);
  assert.ok(Math.abs(deviation! - Math.sqrt((0.04 + 0.01 + 0.09) / 2)) < 1e-15);
  assert.equal(numberOver(summarize([0.5]), undefined), { mean: 0.5, deviation: null });
  assert.is(numberOver(undefined, undefined), null);
});

test('a metric has the model before, the fractions and the model after, each under its own head', () => {
  const table = tablesOf().get('behaviour-utility')!;
  assert.equal(table.columns[0], { label: 'aligned' });
  assert.equal(table.columns.at(-1), { label: 'whole update' });
  assert.ok(table.columns.slice(1, -1).every(({ over }) => over === 'fraction ρ'));
  const [first] = table.rows;
  assert.equal(first!.labels, ['useful', 'parallel', 'top-k']);
  assert.equal([first!.numbers[0]!.mean, first!.numbers.at(-1)!.mean], [0.31, 0.58]);
  const tex = tableText(table, 'tex');
  assert.match(tex, ' &  &  &  & \\multicolumn{5}{c}{fraction $\\rho$} &  \\\\\n\\cmidrule(lr){5-9}');
  assert.match(
    tex,
    'useful & parallel & random & \\begin{tabular}[t]{@{}r@{}}$0.310$ \\\\ $[0.270, 0.350]$\\rule[-1.2ex]{0pt}{0pt}',
  );
  assert.match(tex, '$0.317 \\pm 0.003$ \\\\ $[0.274, 0.360]$\\rule[-1.2ex]{0pt}{0pt}');
});

test('the best of a column is bold where it is asked for, in its group, and not where all are equal', () => {
  const best = tableText(tablesOf({ best: { utility: 'highest' } }).get('behaviour-utility')!, 'md').split('\n');
  const bold = best.filter((line) => line.startsWith('| useful')).map((line) => [...line.matchAll(/\*\*/g)].length / 2);
  assert.equal(bold, [5, 0, 0]);
  const lowest = tableText(tablesOf({ best: { utility: 'lowest' } }).get('behaviour-utility')!, 'tex');
  assert.match(
    lowest,
    '{}k & \\begin{tabular}[t]{@{}r@{}}$0.310$ \\\\ $[0.270, 0.350]$\\rule[-1.2ex]{0pt}{0pt}\\end{tabular} & \\begin{tabular}[t]{@{}r@{}}$\\mathbf{0.310 \\pm 0.011}$',
  );
  assert.not.match(tableText(tablesOf().get('behaviour-utility')!, 'tex'), /mathbf/);
});

test('csv has the full precision of the means, and empty cells for what was not measured', () => {
  const table = tablesOf().get('energy')!;
  const [head, ...rows] = parse(tableText(table, 'csv')) as string[][];
  assert.equal(head!.slice(0, 5), ['update', 'projection', 'subspace', 'fraction ρ = 0.01', 'fraction ρ = 0.01 sd']);
  rows.forEach((row, index) => {
    const { numbers } = table.rows[index]!;
    assert.equal(
      row.slice(3),
      numbers.flatMap((one) => [String(one?.mean ?? ''), String(one?.deviation ?? '')]),
    );
  });
});

test('a number of a column of another kind, and its range, are written as the page writes them', () => {
  const table: PaperTable = {
    name: 'x',
    title: 'X',
    labels: ['model'],
    columns: [{ label: 'tokens', notation: 'count' }, { label: 'rate', notation: 'significant' }, { label: 'value' }],
    rows: [
      {
        labels: ['a'],
        group: '',
        numbers: [
          { mean: 1_234_567, deviation: null },
          { mean: 0.00002, deviation: null },
          { mean: 0.25, deviation: 0.125, seeds: 3, range: { low: -0.5, high: 1 } },
        ],
      },
      { labels: ['b'], group: '', numbers: [null, null, { mean: 1, deviation: null, range: { low: 0, high: 1 } }] },
    ],
  };
  const md = tableText(table, 'md').split('\n');
  assert.is(md[4], '| a | 1,234,567 | 2.0 × 10⁻⁵ | 0.250 ± 0.125 (3) [−0.500 to 1.000] |');
  assert.is(md[5], '| b | – | – | 1.000 [0.000–1.000] |');
  assert.match(
    tableText(table, 'tex'),
    'a & $1{,}234{,}567$ & $2.0 \\times 10^{-5}$ & \\begin{tabular}[t]{@{}r@{}}$0.250 \\pm 0.125$ (3) \\\\ $[-0.500, 1.000]$\\rule[-1.2ex]{0pt}{0pt}\\end{tabular} \\\\\n',
  );
  assert.equal(parse(tableText(table, 'csv')), [
    ['model', 'tokens', 'rate', 'value', 'value sd', 'value n', 'value low', 'value high'],
    ['a', '1234567', '0.00002', '0.25', '0.125', '3', '-0.5', '1'],
    ['b', '', '', '1', '', '', '0', '1'],
  ]);
});

test('an interval that is missing is unknown, its note says why, and what was not measured has none', () => {
  const claims = tablesOf({ names: { harmfulness: 'harm_1' } }).get('claims')!;
  const unmeasured = claims.rows.find(({ numbers }) => numbers[0] === null)!;
  assert.is(unmeasured.note, 'harmfulness was not measured');
  const [first] = claims.rows;
  const effect = { mean: 0.25, deviation: null, range: 'unknown' as const };
  const table = { ...claims, rows: [{ ...first!, numbers: [effect, null], note: 'too few tensors: 3_a' }, unmeasured] };
  assert.match(tableText(table, 'md'), '| 0.25 [unknown] | – | too few tensors: 3\\_a |');
  assert.match(
    tableText(table, 'tex'),
    '\\begin{tabular}[t]{@{}r@{}}$0.25$ \\\\ {[}unknown{]}\\rule[-1.2ex]{0pt}{0pt}\\end{tabular} & -- & \\parbox[t]{5cm}{\\raggedright\\strut too few tensors: 3\\_a\\strut}',
  );
  const [head, ...rows] = parse(tableText(table, 'csv')) as string[][];
  assert.equal(head!.slice(-3), ['effect', 'n', 'note']);
  assert.equal(
    rows.map((row) => row.slice(-3)),
    [
      ['0.25', '', 'too few tensors: 3_a'],
      ['', '0', 'harmfulness was not measured'],
    ],
  );
});

test('a metric that no projection was measured by has its whole models, in the order of updates', () => {
  const input = exampleReport();
  const plain = { update: '', subspace: '', seed: null, mode: '', side: '', fraction: null, rank: null, times: null };
  const of = (model: string, value: number, half: number | null) => ({
    ...plain,
    model,
    metric: 'truth',
    value,
    n: 9,
    invalid: 1,
    stderr: null,
    ci_low: half && value - half,
    ci_high: half && value + half,
  });
  // The alignment leads from base to aligned; the file begins with its end.
  const text = writeTable(evaluationColumns, [of('aligned', 0.5, 0.25), of('base', 0.75, null)]);
  const params = { ...input.params, style: { best: { truth: 'lowest' as const } } };
  const files = new Map([['evaluation.csv', text]]);
  const [table, ...others] = paperTables({ params, files }, ['behaviour']);
  assert.equal([table!.name, others], ['models-truth', []]);
  const md = tableText(table!, 'md').split('\n');
  assert.equal(md.slice(4, -1), ['| base | 0.750 | 1 | 10 |', '| aligned | **0.500** [0.250–0.750] | 1 | 10 |']);
  const [models] = paperTables({ params, files }, ['trade-off']);
  assert.equal(
    models!.rows.map(({ labels }) => labels),
    [['base'], ['aligned']],
  );
});

const hostile = '\\input{x} {a} $b$ c_d^e ~f & #g % h "i" `j` <k> |l| [m] *n* o--p\nq αβΩ ≤ ≥ ∞';

test('what means something to LaTeX or Markdown is text in them', () => {
  assert.is(
    texText('a\\b{c}$d&e#f_g%h~i^j[k]'),
    'a\\textbackslash{}b\\{c\\}\\$d\\&e\\#f\\_g\\%h\\textasciitilde{}i\\textasciicircum{}j{[}k{]}',
  );
  assert.is(texText('"a" `b`'), '\\texttt{\\char34}a\\texttt{\\char34} \\`{}b\\`{}');
  assert.is(texText('αςω ΑΓΣΩ'), '$\\alpha$$\\varsigma$$\\omega$ $\\mathrm{A}$$\\Gamma$$\\Sigma$$\\Omega$');
  assert.is(texText('ρ ≤ 1, η ≥ 0, ∞'), '$\\rho$ $\\leq$ 1, $\\eta$ $\\geq$ 0, $\\infty$');
  for (const letter of 'αβγδεζηθικλμνξοπρςστυφχψωΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ')
    assert.match(texText(letter), /^\$\\?\S+\$$/);
  const tables = tablesOf({ names: { useful: hostile } });
  const md = tableText(tables.get('energy')!, 'md').split('\n');
  const cells = (line: string) => line.split(/(?<!\\)\|/).length;
  assert.is(new Set(md.slice(2, -1).map(cells)).size, 1, 'a name adds no column');
});

test('names hold what they like, also what stands between the names of a pair', () => {
  const tables = tablesOf({ names: { useful: 'Stage 2: useful', alignment: 'Stage 1: alignment' } });
  const pairs = tables.get('overlap')!.rows.map(({ labels }) => labels[0]);
  assert.ok(pairs.includes('Stage 2: useful – Stage 1: alignment'), pairs.join('; '));
});

test('the same input gives the same bytes in every format, and no cell is lost', () => {
  for (const [name, table] of tablesOf()) {
    const again = tablesOf().get(name)!;
    for (const format of tableFormats) {
      assert.is(tableText(table, format), tableText(again, format));
      assert.not.match(tableText(table, format), /NaN|undefined|Infinity/);
    }
    const rows = tableText(table, 'tex')
      .split('\n')
      .filter((line) => line.endsWith('\\\\'));
    const columns = table.labels.length + table.columns.length + (hasNotes(table) ? 1 : 0);
    for (const row of rows.slice(-table.rows.length)) assert.is(row.split(/(?<!\\)&/).length, columns, row);
  }
});

/** Groups, named scores and multiples of a term, whose names mean something to LaTeX. */
function hostileBehaviour(): PaperTable[] {
  const interval = { ci_low: 0.25, ci_high: 0.75 };
  const { 'evaluation.csv': text } = evaluationFile(
    { model: hostile, value: 0.5, ...interval },
    { model: hostile, metric: `utility/${hostile}`, value: 0.5, ...interval },
    { model: hostile, metric: 'utility.a_b', value: 2 },
    { model: 'resta', times: -1, value: 0.5, ...interval },
    { model: 'resta', times: 2, value: null },
    point(-1, { seed: 1 }),
    point(-2, { seed: 2 }),
  );
  const varied = [{ model: 'resta', text: hostile, beside: [] }];
  const tables = paperTables(
    { params: { files: [], updates: [], varied }, files: new Map([['evaluation.csv', text]]) },
    ['behaviour'],
  );
  assert.is(tables.length, 5);
  return tables;
}

/** The claims of a study, whose cells and notes mean something to LaTeX. */
function hostileClaims(): readonly PaperTable[] {
  const found = { effect: 0.5, ci_low: null, ci_high: null, n: 3, holds_above: 0, holds_below: null, note: hostile };
  const row = { claim: 'above', kind: 'above-baseline', case: '', verdict: 'undecided', training_seed: null, ...found };
  const csv = writeTable(claimColumns, [row]);
  const cells = ['a', hostile].map((value) => ({ label: value, values: [value], folder: null, claims: true }));
  const tables = studyTables({
    params: { axes: [hostile], groups: [], cells, claims: { figure: false, table: true } },
    groups: [],
    claims: new Map([
      [0, csv],
      [1, csv],
    ]),
    claimsOverCells: csv,
  }).get('claims')!;
  assert.is(tables[0]!.rows.length, 3);
  return tables;
}

const latex =
  spawnSync('pdflatex', ['--version']).status === 0 && spawnSync('kpsewhich', ['booktabs.sty']).status === 0;
if (!latex) console.log('without pdflatex and booktabs: tables are not put into a document');

(latex ? test : test.skip)('a LaTeX document with all tables compiles, whatever the names hold', () => {
  const folder = mkdtempSync(join(tmpdir(), 'runflow-latex-'));
  const tables = [
    ...tablesOf({ names: { useful: hostile }, best: { utility: 'highest' } }).values(),
    ...hostileBehaviour(),
    ...hostileClaims(),
  ];
  const body = tables
    .map((table) => `\\begin{table}\\tiny\n${tableText(table, 'tex')}\\end{table}\\clearpage`)
    .join('\n');
  writeFileSync(
    join(folder, 'paper.tex'),
    `\\documentclass{article}\\usepackage{booktabs}\\begin{document}\n${body}\n\\end{document}\n`,
  );
  const { status, stdout } = spawnSync('pdflatex', ['-interaction=nonstopmode', '-halt-on-error', 'paper.tex'], {
    cwd: folder,
    encoding: 'utf8',
  });
  assert.is(status, 0, stdout);
  rmSync(folder, { recursive: true });
});

test.run();
