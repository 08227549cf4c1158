import { type Html, html } from './html.js';

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
