import { type Html, html } from '../html.js';
import { tableBlock } from '../html-table.js';
import { meanText, rangeOf } from './number-text.js';
import { bestOf, hasNotes, headsOver, type PaperColumn, type PaperNumber, type PaperTable } from './paper-table.js';

/** A table in the layout of papers as a part of the page, under its own title. */
export function paperTableOnPage(table: PaperTable): Html {
  return tableOnPage(table.title, table);
}

/** The same under a title of the page's, with a note that says what its numbers are. */
export function tableOnPage(title: string, table: PaperTable, note?: Html): Html {
  const { columns, rows } = table;
  const [best, noted] = [bestOf(table), hasNotes(table)];
  const body = rows.map(({ labels: texts, numbers, group, note: said = '' }, index) => {
    const before = rows[index - 1];
    const [first, ...others] = texts;
    return html`<tr class="${before?.group === group ? '' : 'group'}"><th scope="row">${first}</th>${others.map((text) => html`<td class="text">${text}</td>`)}
      ${numbers.map((number, at) => cell(number, columns[at]!, best[index]![at]!))}${noted && html`<td class="text">${said}</td>`}</tr>`;
  });
  return tableBlock(title, headOf(table, noted), body, note);
}

function cell(number: PaperNumber | null, column: PaperColumn, isBest: boolean): Html {
  const range = number === null ? undefined : rangeOf(number, column);
  return html`<td class="${isBest ? 'best' : ''}">${number === null ? '–' : meanText(number, column)}${range && html`<small>${range}</small>`}</td>`;
}

function headOf(table: PaperTable, noted: boolean): Html {
  const { labels, columns } = table;
  const over = headsOver(table);
  const isTwo = over.some(({ text }) => text !== '');
  const rowspan = isTwo ? 2 : 1;
  const texts = labels.map((label) => html`<th scope="col" rowspan="${rowspan}" class="text">${label}</th>`);
  const note = noted && html`<th scope="col" rowspan="${rowspan}" class="text">note</th>`;
  if (!isTwo) return html`<tr>${texts}${columns.map(({ label }) => html`<th scope="col">${label}</th>`)}${note}</tr>`;
  let at = 0;
  const first = over.map(({ text, span }) => {
    const [column] = columns.slice(at, at + 1);
    at += span;
    return text === ''
      ? html`<th scope="col" rowspan="2">${column!.label}</th>`
      : html`<th scope="colgroup" colspan="${span}">${text}</th>`;
  });
  const second = columns
    .filter((column) => column.over !== undefined)
    .map(({ label }) => html`<th scope="col">${label}</th>`);
  return html`<tr>${texts}${first}${note}</tr><tr>${second}</tr>`;
}
