import type { Digest } from '../formats/digest.js';
import { type Html, html, trustedMarkup } from './html.js';
import { runPlaces } from './run/places.js';
import { pageScript } from './script.js';
import type { ReportInput } from './section.js';
import { sections } from './sections/registry.js';
import { style } from './style.js';
import { summary } from './summary.js';

/** Told in the provenance beside what the parameters say. */
export interface Origin {
  /** Digests of the result files that the report was made from. */
  readonly digests: ReadonlyMap<string, Digest>;
  /** Version of the runflow that made the report. */
  readonly version: string;
}

/**
 * The whole report as one file that opens from disk: one script of its own, which the content security policy allows by its
 * hash, and no request to anywhere. Without scripting every figure, table and text is there. The same input gives the same
 * bytes; what differs from run to run is put in when the page is published (`run/run-part.ts`).
 */
export async function reportPage(input: ReportInput, origin: Origin): Promise<string> {
  const { params } = input;
  const shown: { name: string; heading: string; content: Html }[] = [];
  const missing: string[] = [];
  for (const [name, section] of Object.entries(sections)) {
    const show = { figure: params.figures.includes(name), table: params.tables.includes(name) };
    if (!show.figure && !show.table) continue;
    if (!input.files.has(section.needs)) missing.push(section.heading);
    else shown.push({ name, heading: section.heading, content: await section.render(input, show) });
  }
  const script = pageScript();
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src ${trustedMarkup(script.source)}; style-src 'unsafe-inline'; connect-src 'none'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="runflow">
<title>${params.title}</title>
<style>${trustedMarkup(style)}</style>
</head>
<body>
<main>
<header>
<h1>${params.title}</h1>
<p class="subtitle">Workflow <code>${params.workflow}</code></p>
<nav aria-label="Sections"><ul>
${shown.map(({ name, heading }) => html`<li><a href="#${name}">${heading}</a></li>`)}
${trustedMarkup(runPlaces.contents)}<li><a href="#provenance">Provenance</a></li>
</ul></nav>
</header>
${summary(input)}
${shown.map(({ name, heading, content }) => html`<section id="${name}"><h2>${heading}</h2>${content}</section>`)}
${missing.map((heading) => html`<p class="note">${heading}: the report asks for it, but nothing in this workflow measures it.</p>`)}
${trustedMarkup(runPlaces.details)}
${provenance(input, origin)}
</main>
<script type="module">${trustedMarkup(script.text)}</script>
</body>
</html>
`;
  return page.markup;
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

/** Address of a file below the page's folder, never one with a scheme or a host. */
function addressOf(file: string): string {
  return file
    .split('/')
    .filter((part) => part !== '')
    .map(encodeURIComponent)
    .join('/');
}
