import { type Html, type HtmlValue, html } from './html.js';

/** A titled table that scrolls sideways by itself where the page is too narrow for it. */
export function tableBlock(title: string, head: Html, body: HtmlValue, note?: Html): Html {
  return html`<div class="table">
    <h3>${title}</h3>
    ${scrollingTable(title, head, body)}
    ${note && html`<p class="note">${note}</p>`}
  </div>`;
}

/** @param title for a screen reader, which meets the scrolling part by itself */
export function scrollingTable(title: string, head: Html, body: HtmlValue): Html {
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${title}"><table>
      <thead>${head}</thead>
      <tbody>${body}</tbody>
    </table></div>`;
}

/** The head of a column: of numbers, or of text, which is set from the left. */
export type ColumnHead = string | { readonly text: string };

/** One line of column heads. */
export function plainHead(columns: readonly ColumnHead[]): Html {
  const heads = columns.map((column) =>
    typeof column === 'string'
      ? html`<th scope="col">${column}</th>`
      : html`<th scope="col" class="text">${column.text}</th>`,
  );
  return html`<tr>${heads}</tr>`;
}

/** Head of a table that ends in a column a value of something; `over` says of what. */
export function headOverValues(columns: readonly string[], over: string, values: readonly number[]): Html {
  return html`<tr>${columns.map((column) => html`<th scope="col" rowspan="2">${column}</th>`)}<th scope="colgroup" colspan="${values.length}">${over}</th></tr>
      <tr>${values.map((value) => html`<th scope="col">${value}</th>`)}</tr>`;
}

/** A number, and what belongs to it in small print below. */
export function numberCell(text: string, below?: string | false): Html {
  return html`<td>${text}${below && html`<small>${below}</small>`}</td>`;
}
