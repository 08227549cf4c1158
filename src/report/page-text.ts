import { type Html, html, trustedMarkup } from './html.js';
import { runPlaces } from './run/places.js';
import { pageScript } from './script.js';
import { style } from './style.js';

/** A section of a page: a subject with its figures and tables. */
export interface PagePart {
  readonly name: string;
  readonly heading: string;
  readonly content: Html;
}

export interface PageContents {
  readonly title: string;
  readonly subtitle: Html;
  readonly summary: Html;
  readonly parts: readonly PagePart[];
  /** What is not shown, and why: behind the parts. */
  readonly notes: readonly Html[];
  readonly provenance: Html;
  /** Rules of this page beside those of all. */
  readonly style?: string;
}

/**
 * A page as one file that opens from disk: one script of its own, which the content security policy allows by its
 * hash, and no request to anywhere. Without scripting every figure, table and text is there. The same contents give the same
 * bytes; what differs from run to run is put in when the page is published (`run/run-part.ts`).
 */
export function pageText({
  title,
  subtitle,
  summary,
  parts,
  notes,
  provenance,
  style: added = '',
}: PageContents): string {
  const script = pageScript();
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src ${trustedMarkup(script.source)}; style-src 'unsafe-inline'; connect-src 'none'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="runflow">
<title>${title}</title>
<style>${trustedMarkup(style + added)}</style>
</head>
<body>
<main>
<header>
<h1>${title}</h1>
<p class="subtitle">${subtitle}</p>
<nav aria-label="Sections"><ul>
${parts.map(({ name, heading }) => html`<li><a href="#${name}">${heading}</a></li>`)}
${trustedMarkup(runPlaces.contents)}<li><a href="#provenance">Provenance</a></li>
</ul></nav>
</header>
${summary}
${parts.map(({ name, heading, content }) => html`<section id="${name}"><h2>${heading}</h2>${content}</section>`)}
${notes}
${trustedMarkup(runPlaces.details)}
${provenance}
</main>
<script type="module">${trustedMarkup(script.text)}</script>
</body>
</html>
`;
  return page.markup;
}

/** Address of a file below the page's folder, never one with a scheme or a host. */
export function addressOf(file: string): string {
  return file
    .split('/')
    .filter((part) => part !== '')
    .map(encodeURIComponent)
    .join('/');
}
