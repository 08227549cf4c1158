import { valueText } from './number-text.js';
import { bestOf, hasNotes, headsOver, type PaperColumn, type PaperNumber, type PaperTable } from './paper-table.js';

/**
 * A table as a `tabular` of LaTeX with the rules of booktabs, to be input into a `table` of a paper. It compiles with
 * pdflatex as long as names hold letters that its fonts have. A range stands below its mean: beside it a table of
 * several columns would not fit a page.
 */
export function texTable(table: PaperTable): string {
  const { title, labels, columns, rows } = table;
  const [best, noted] = [bestOf(table), hasNotes(table)];
  const heads = headsOver(table);
  const lines = [
    `% ${title.replaceAll(/\s+/g, ' ')}`,
    '% Needs \\usepackage{booktabs}. Input it into a table of your own, with your caption.',
    `\\begin{tabular}{${'l'.repeat(labels.length)}${'r'.repeat(columns.length)}${noted ? 'l' : ''}}`,
    '\\toprule',
  ];
  if (heads.some(({ text }) => text !== '')) lines.push(...spanningHeads(heads, labels.length, noted));
  const ownHeads = [...labels.map(texText), ...columns.map(({ label }) => headText(label)), ...(noted ? ['note'] : [])];
  lines.push(row(ownHeads), '\\midrule');
  rows.forEach(({ labels: texts, numbers, group, note = '' }, index) => {
    if (index > 0 && rows[index - 1]!.group !== group) lines.push('\\addlinespace');
    const cells = numbers.map((number, at) => texNumber(number, columns[at]!, best[index]![at]!));
    lines.push(row([...texts.map(texText), ...cells, ...(noted ? [texNote(note)] : [])]));
  });
  return `${[...lines, '\\bottomrule', '\\end{tabular}'].join('\n')}\n`;
}

/** The head of a column; a number below 0 has its minus. */
function headText(label: string): string {
  return /^-[\d.e+-]+$/.test(label) ? `$${label}$` : texText(label);
}

function spanningHeads(heads: ReturnType<typeof headsOver>, labels: number, noted: boolean): string[] {
  let column = labels + 1;
  const cells: string[] = Array.from({ length: labels }, () => '');
  const rules: string[] = [];
  for (const { text, span } of heads) {
    cells.push(text === '' ? '' : `\\multicolumn{${span}}{c}{${texText(text)}}`);
    if (text !== '') rules.push(`\\cmidrule(lr){${column}-${column + span - 1}}`);
    column += span;
  }
  if (noted) cells.push('');
  return [row(cells), rules.join(' ')];
}

function row(cells: readonly string[]): string {
  return `${cells.join(' & ')} \\\\`;
}

function texNumber(number: PaperNumber | null, column: PaperColumn, isBest: boolean): string {
  if (number === null) return '--';
  const math = (value: number) => mathText(valueText(value, column));
  const text = [number.mean, ...(number.deviation === null ? [] : [number.deviation])].map(math).join(' \\pm ');
  const seeds = number.seeds === undefined ? '' : ` (${number.seeds})`;
  const mean = `${isBest ? `$\\mathbf{${text}}$` : `$${text}$`}${seeds}`;
  const { range } = number;
  if (range === undefined) return mean;
  const below = range === 'unknown' ? '{[}unknown{]}' : `$[${math(range.low)}, ${math(range.high)}]$`;
  // Room below keeps a range with its own mean.
  return `\\begin{tabular}[t]{@{}r@{}}${mean} \\\\ ${below}\\rule[-1.2ex]{0pt}{0pt}\\end{tabular}`;
}

/** A note in lines of its own, flush left: what stands in a column of texts is never broken. */
function texNote(note: string): string {
  return note === '' ? '' : `\\parbox[t]{5cm}{\\raggedright\\strut ${texText(note)}\\strut}`;
}

/** A number as tables write it, in mathematics, where a comma by itself is a sign between two numbers. */
function mathText(text: string): string {
  const digits = '⁰¹²³⁴⁵⁶⁷⁸⁹';
  return text
    .replace('−', '-')
    .replaceAll(',', '{,}')
    .replace(' × ', ' \\times ')
    .replace(/10(⁻?)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)/, (_, minus: string, power: string) => {
      return `10^{${minus && '-'}${[...power].map((digit) => digits.indexOf(digit)).join('')}}`;
    });
}

/** Characters that mean something to LaTeX, and signs that its fonts have in mathematics only. */
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '#': '\\#',
  _: '\\_',
  '%': '\\%',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  // In the fonts that LaTeX begins with, a text font has a closing quotation mark in this place.
  '"': '\\texttt{\\char34}',
  // The accent over nothing.
  '`': '\\`{}',
  '[': '{[}',
  ']': '{]}',
  '*': '{*}',
  '-': '-{}',
  '–': '--',
  '—': '---',
  '−': '$-$',
  '×': '$\\times$',
  '±': '$\\pm$',
  '…': '\\ldots{}',
  '’': "'",
  '‖': '$\\|$',
  '²': '$^2$',
  '³': '$^3$',
  '≤': '$\\leq$',
  '≥': '$\\geq$',
  '≠': '$\\neq$',
  '≈': '$\\approx$',
  '∞': '$\\infty$',
  '→': '$\\rightarrow$',
  '←': '$\\leftarrow$',
  '√': '$\\surd$',
  '·': '$\\cdot$',
  '°': '$^\\circ$',
  ...greekLetters(),
};

/** Letters of Greek that mathematics has names for. The others look like Latin ones. */
function greekLetters(): Readonly<Record<string, string>> {
  const small = 'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi o pi rho varsigma sigma tau upsilon phi chi psi omega'; // biome-ignore format: one line
  const capital = 'A B Gamma Delta E Z H Theta I K Lambda M N Xi O Pi P _ Sigma T Upsilon Phi X Psi Omega';
  const named = (first: string, names: string) =>
    names.split(' ').map((name, index): [string, string] => {
      const letter = String.fromCodePoint(first.codePointAt(0)! + index);
      return [letter, name.length === 1 ? `$\\mathrm{${name}}$` : `$\\${name}$`];
    });
  // No capital stands where the small final sigma has its place.
  const capitals = named('Α', capital).filter(([, text]) => !text.includes('_'));
  return Object.fromEntries([...named('α', small), ...capitals, ['µ', '$\\mu$']]);
}

/** A text that LaTeX shows as it is. White space of any kind is one space; what it cannot print at all becomes a question mark. */
export function texText(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\p{Cc}|\p{Cs}/gu, '?')
    .replaceAll(/./gu, (character) => escapes[character] ?? character);
}
