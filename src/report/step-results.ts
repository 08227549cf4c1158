import { type Html, html } from './html.js';
import { addressOf, type PagePart } from './page-text.js';
import type { StepFiles } from './section.js';

/** Tables and files that programs of the user's made, each with a link to it. */
export function stepResults(steps: readonly StepFiles[]): PagePart {
  const content = html`<dl>${steps.map(({ name, files }) => html`<dt>${name}</dt><dd>${stepLinks({ name, files })}</dd>`)}</dl>`;
  return { name: 'steps', heading: 'Own steps', content };
}

/** @param folder that of the results, below the page; empty: the page's own */
export function stepLinks({ name, files }: StepFiles, folder = ''): Html {
  const links = files.map((file, index) => {
    const link = html`<a href="${addressOf(`${folder}/steps/${name}/${file}`)}">${file}</a>`;
    return index === 0 ? link : html`, ${link}`;
  });
  return html`${links}`;
}
