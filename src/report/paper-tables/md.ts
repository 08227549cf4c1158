import { ratioText } from '../wording.js';
import { bestOf, type PaperNumber, type PaperTable } from './paper-table.js';

/** A table as GitHub's Markdown has it, under its title. */
export function mdTable(table: PaperTable): string {
  const { title, labels, columns, rows } = table;
  const best = bestOf(table);
  const heads = columns.map(({ label, over }) => (over === undefined ? label : `${over} = ${label}`));
  const lines = [
    `**${mdText(title)}**`,
    '',
    row([...labels, ...heads].map(mdText)),
    row([...labels.map(() => '---'), ...columns.map(() => '---:')]),
    ...rows.map(({ labels: texts, numbers }, index) =>
      row([...texts.map(mdText), ...numbers.map((number, at) => mdNumber(number, best[index]![at]!))]),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function mdNumber(number: PaperNumber | null, isBest: boolean): string {
  if (number === null) return '–';
  const { mean, deviation, seeds } = number;
  const text = `${ratioText(mean)}${deviation === null ? '' : ` ± ${ratioText(deviation)}`}${seeds === undefined ? '' : ` (${seeds})`}`;
  return isBest ? `**${text}**` : text;
}

/** A text that Markdown shows as it is, in one line. */
function mdText(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*_{}[\]()#+!|~$-]/g, (character) => (/[-+()]/.test(character) ? character : `\\${character}`));
}
