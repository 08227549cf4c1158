import { type Html, html } from '../html.js';
import { tableBlock } from '../html-table.js';
import { bestOf, headsOver, type PaperNumber, type PaperTable } from '../paper-tables/paper-table.js';
import { ratioText } from '../wording.js';

/** A table in the layout of papers as a part of the page. */
export function paperTableOnPage(table: PaperTable): Html {
  const { title, labels, columns, rows } = table;
  const best = bestOf(table);
  const body = rows.map(({ labels: texts, numbers, group }, index) => {
    const before = rows[index - 1];
    const [first, ...others] = texts;
    return html`<tr class="${before?.group === group ? '' : 'group'}"><th scope="row">${first}</th>${others.map((text) => html`<td class="text">${text}</td>`)}
      ${numbers.map((number, at) => html`<td class="${best[index]![at]! ? 'best' : ''}">${numberText(number)}</td>`)}</tr>`;
  });
  return tableBlock(title, headOf(labels, columns, headsOver(table)), body);
}

function headOf(labels: readonly string[], columns: PaperTable['columns'], over: ReturnType<typeof headsOver>): Html {
  const isTwo = over.some(({ text }) => text !== '');
  const rowspan = isTwo ? 2 : 1;
  const texts = labels.map((label) => html`<th scope="col" rowspan="${rowspan}" class="text">${label}</th>`);
  if (!isTwo) return html`<tr>${texts}${columns.map(({ label }) => html`<th scope="col">${label}</th>`)}</tr>`;
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
  return html`<tr>${texts}${first}</tr><tr>${second}</tr>`;
}

function numberText(number: PaperNumber | null): string {
  if (number === null) return '–';
  const { mean, deviation, seeds } = number;
  return `${ratioText(mean)}${deviation === null ? '' : ` ± ${ratioText(deviation)}`}${seeds === undefined ? '' : ` (${seeds})`}`;
}
