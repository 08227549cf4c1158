import { type Html, html } from '../html.js';

/** What the numbers of a figure say at one place, panel by panel: told, not judged. */
export function readings(
  where: string,
  said: readonly { readonly title: string; readonly values: readonly string[] }[],
): Html | undefined {
  const measured = said.filter(({ values }) => values.length > 0);
  if (measured.length === 0) return undefined;
  return html`<p>At ${where}:</p>
    <ul>${measured.map(({ title, values }) => html`<li><b>${title}</b>: ${values.join(', ')}</li>`)}</ul>`;
}

/** A link that saves text held in the page itself, so that a report that was sent without its folder still has its data. */
export function download(text: string, file: string, label: string): Html {
  const base64 = Buffer.from(text, 'utf8').toString('base64');
  return html`<a download="${file}" href="data:text/csv;charset=utf-8;base64,${base64}">${label}</a>`;
}
