import { meanText, rangeOf } from './number-text.js';
import { bestOf, hasNotes, type PaperColumn, type PaperNumber, type PaperTable } from './paper-table.js';

/** A table as GitHub's Markdown has it, under its title. */
export function mdTable(table: PaperTable): string {
  const { title, labels, columns, rows } = table;
  const [best, noted] = [bestOf(table), hasNotes(table)];
  const heads = columns.map(({ label, over }) => (over === undefined ? label : `${over} = ${label}`));
  const lines = [
    `**${mdText(title)}**`,
    '',
    row([...labels, ...heads, ...(noted ? ['note'] : [])].map(mdText)),
    row([...labels.map(() => '---'), ...columns.map(() => '---:'), ...(noted ? ['---'] : [])]),
    ...rows.map(({ labels: texts, numbers, note = '' }, index) => {
      const cells = numbers.map((number, at) => mdNumber(number, columns[at]!, best[index]![at]!));
      return row([...texts.map(mdText), ...cells, ...(noted ? [mdText(note)] : [])]);
    }),
  ];
  return `${lines.join('\n')}\n`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function mdNumber(number: PaperNumber | null, column: PaperColumn, isBest: boolean): string {
  if (number === null) return '–';
  const [text, range] = [meanText(number, column), rangeOf(number, column)];
  return `${isBest ? `**${text}**` : text}${range === undefined ? '' : ` [${range}]`}`;
}

/** A text that Markdown shows as it is, in one line. */
function mdText(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*_{}[\]()#+!|~$-]/g, (character) => (/[-+()]/.test(character) ? character : `\\${character}`));
}
