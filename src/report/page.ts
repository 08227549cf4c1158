import type { Digest } from '../formats/digest.js';
import { type Html, html } from './html.js';
import { addressOf, type PagePart, pageText } from './page-text.js';
import type { ReportInput } from './section.js';
import { sections } from './sections/registry.js';
import { stepResults } from './step-results.js';
import { summary } from './summary.js';

/** Told in the provenance beside what the parameters say. */
export interface Origin {
  /** Digests of the result files that the report was made from. */
  readonly digests: ReadonlyMap<string, Digest>;
  /** Version of the runflow that made the report. */
  readonly version: string;
}

/** The whole report as one file that opens from disk. The same input gives the same bytes. */
export async function reportPage(input: ReportInput, origin: Origin): Promise<string> {
  const { params } = input;
  const shown: PagePart[] = [];
  const missing: string[] = [];
  for (const [name, section] of Object.entries(sections)) {
    const show = { figure: params.figures.includes(name), table: params.tables.includes(name) };
    if (!show.figure && !show.table) continue;
    if (!input.files.has(section.needs)) missing.push(section.heading);
    else shown.push({ name, heading: section.heading, content: await section.render(input, show) });
  }
  if (params.steps !== undefined) shown.push(stepResults(params.steps));
  return pageText({
    title: params.title,
    subtitle: html`Workflow <code>${params.workflow}</code>`,
    parts: shown,
    summary: summary(input),
    notes: missing.map(
      (heading) =>
        html`<p class="note">${heading}: the report asks for it, but nothing in this workflow measures it.</p>`,
    ),
    provenance: provenance(input, origin),
  });
}

/** Section that says where the numbers come from. */
function provenance({ params }: ReportInput, { digests, version }: Origin): Html {
  return html`<section id="provenance"><h2>Provenance</h2>
<dl>
<dt>Workflow</dt><dd>${params.workflow}</dd>
${params.provenance.map(({ label, text }) => html`<dt>${label}</dt><dd>${text}</dd>`)}
${[...digests].map(([file, digest]) => html`<dt><a href="${addressOf(file)}">${file}</a></dt><dd><code>${digest}</code></dd>`)}
<dt>Report made by</dt><dd>runflow ${version}</dd>
</dl>
<p class="note">Digests and keys of every checkpoint tensor and step, the device, versions and times of the last run:
<a href="run.json">run.json</a>.</p>
</section>`;
}
