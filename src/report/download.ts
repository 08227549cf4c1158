import { type Html, html } from './html.js';

/** A link that saves text held in the page itself, so that a report that was sent without its folder still has its data. */
export function download(text: string, file: string, label: string): Html {
  const base64 = Buffer.from(text, 'utf8').toString('base64');
  return html`<a download="${file}" href="data:text/csv;charset=utf-8;base64,${base64}">${label}</a>`;
}
