import { type Html, html, trustedMarkup } from './html.js';
import { runPlaces } from './run/places.js';
import type { ReportInput } from './section.js';
import { verdictText } from './sections/claims.js';
import { claimColumns } from './tables/claims.js';
import { readResult } from './tables/result-rows.js';

/** What a reader wants first: what was asked, what came out, and what is other than the last time. */
export function summary({ params, files }: ReportInput): Html {
  const rows = files.has('claims.csv') ? readResult(files, 'claims.csv', claimColumns) : [];
  const claims = rows.filter((row) => row.case === '');
  const isShown = [...params.figures, ...params.tables].includes('claims');
  return html`<section id="summary"><h2>Summary</h2>
${
  params.asked.length > 0 &&
  html`<h3>What was asked</h3>
<dl>${params.asked.map(({ label, text }) => html`<dt>${label}</dt><dd>${text}</dd>`)}</dl>`
}
${
  claims.length > 0 &&
  html`<h3>What came out</h3>
<ul class="verdicts">${claims.map((row) => html`<li>${verdictText(row)} ${isShown ? html`<a href="#claims">${row.claim}</a>` : row.claim}</li>`)}</ul>`
}
${trustedMarkup(runPlaces.summary)}
</section>`;
}
