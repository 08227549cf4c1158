import { figuresOnPage } from '../figures/on-page.js';
import { type Html, html, trustedMarkup } from '../html.js';
import { plainHead, scrollingTable } from '../html-table.js';
import type { Origin } from '../page.js';
import { addressOf, type PagePart, pageText } from '../page-text.js';
import { paperTableOnPage } from '../paper-tables/on-page.js';
import { runPlaces } from '../run/places.js';
import type { ReportInput, ShownParams, StepFiles } from '../section.js';
import { claimsSection, verdictText } from '../sections/claims.js';
import { sections } from '../sections/registry.js';
import { groupBy } from '../statistics.js';
import { stepLinks } from '../step-results.js';
import { studyTables } from './combined-table.js';
import type { StudyReportParams, StudyText } from './study.js';
import { studyFigures } from './study-figures.js';
import { type StudyTablesInput, sourcesOf } from './study-input.js';
import { cellsAsCases, verdictTable, wholeClaims } from './verdicts.js';

/** What the page of a study may read. */
export interface StudyPageInput extends StudyTablesInput {
  readonly params: StudyReportParams;
  readonly claimEffects: ReportInput['claimEffects'];
}

/** The tables of so many cells are on the page; those of the others in their reports. */
const mostTabled = 24;
/** Texts of one label that are told cell by cell. */
const mostTexts = 6;

/** There is more to stand side by side than on the page of one workflow. */
const studyStyle = `
main { max-width: 84rem; }
.panels { grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); }
.panels { align-items: end; }
.panel.wide { align-self: start; }
.cell-name { white-space: normal; overflow-wrap: anywhere; min-width: 6.5rem; max-width: 14rem; }
.best { font-weight: 700; }
@media print { .panels { grid-template-columns: repeat(2, 1fr); } }
`;

/** The front page of a study: what was asked, what came out in which cell, and everything side by side. */
export async function studyPage(input: StudyPageInput, origin: Origin): Promise<string> {
  const { params } = input;
  const parts: PagePart[] = [{ name: 'cells', heading: 'Cells', content: cellTable(params) }];
  const notes: Html[] = [];
  const claims = await claimsPart(input);
  if (claims !== undefined) parts.push(claims);
  const [figures, tables] = [studyFigures(input), studyTables(input)];
  for (const [name, { heading, needs }] of Object.entries(sections)) {
    if (name === 'claims') continue;
    const asking = params.groups.filter((group) => group.figures.includes(name) || group.tables.includes(name));
    if (asking.length === 0) continue;
    const measured = asking.filter((group) => group.shown.files.includes(needs));
    const lacking = params.groups.filter((group) => !measured.includes(group)).map(({ label }) => label);
    if (measured.length === 0) {
      notes.push(
        html`<p class="note">${heading}: the reports of the cells ask for it, but nothing in this study measures it.</p>`,
      );
      continue;
    }
    const content = html`${lacking.length > 0 && html`<p class="note">Not in: ${lacking.join('; ')}.</p>`}
      ${await figuresOnPage(figures.get(name)!, { params: {} })}
      ${tables.get(name)!.map(paperTableOnPage)}
      ${await tablesOfGroups(name, input)}`;
    parts.push({ name, heading, content });
  }
  if (params.joinedSteps !== undefined || params.cells.some(({ steps }) => steps !== undefined))
    parts.push(stepsPart(params));
  return pageText({
    title: params.title,
    subtitle: html`Study of ${params.cells.length} cells, workflow <code>${params.workflow}</code>`,
    parts,
    summary: summary(input),
    notes,
    provenance: provenance(params, origin),
    style: studyStyle,
  });
}

function summary(input: StudyPageInput): Html {
  const { params, claims, claimsOverCells } = input;
  const verdicts = claimsOverCells === undefined ? undefined : { overCells: claimsOverCells, ofCells: claims };
  const pooled = params.groups.some(({ seeds }) => seeds !== undefined);
  return html`<section id="summary"><h2>Summary</h2>
<h3>What was asked</h3>
<dl><dt>Cells</dt><dd>${params.cells.length}${pooled && html`, shown as ${params.groups.length}: those that differ in the workflow’s seed alone are put together`}</dd>
${params.asked.map(({ axis, values }) => html`<dt>Axis ${axis}</dt><dd>${values.join(', ')}</dd>`)}
${textList(params.texts)}</dl>
${
  verdicts !== undefined &&
  html`<h3>What came out</h3>
<ul class="verdicts">${wholeClaims(verdicts.overCells).map((row) => html`<li>${verdictText(row)} <a href="#claims">${row.claim}</a></li>`)}</ul>
<h3>Cell by cell</h3>
${verdictTable(verdicts, params.cells)}`
}
${trustedMarkup(runPlaces.summary)}
</section>`;
}

/** Texts that all cells have, and of others which cells have them. */
function textList(texts: readonly StudyText[]): Html[] {
  return [...groupBy(texts, ({ label }) => label)].map(([label, own]) => {
    if (own.length === 1 && own[0]!.of === '') return html`<dt>${label}</dt><dd>${own[0]!.text}</dd>`;
    const shown = own
      .slice(0, mostTexts)
      .map(({ text, of }) => html`<div>${text}${of !== '' && html` <small class="note">(${of})</small>`}</div>`);
    const more = own.length - shown.length;
    return html`<dt>${label}</dt><dd>${shown}${more > 0 && html`<div>and ${more} more, in the reports of the cells</div>`}</dd>`;
  });
}

function cellTable({ axes, cells }: StudyReportParams): Html {
  const rows = cells.map(({ label, values, folder }) => {
    const report =
      folder === null ? html`it measures nothing` : html`<a href="${addressOf(`${folder}/report.html`)}">${label}</a>`;
    return html`<tr class="group"><th scope="row" class="claim-name">${report}</th>${values.map((value) => html`<td class="text">${value ?? '–'}</td>`)}</tr>`;
  });
  return html`${scrollingTable('Cells of the study', plainHead([{ text: 'report' }, ...axes.map((text) => ({ text }))]), rows)}
<p class="note">Each cell is the workflow with these values, and has a report of its own, as a run of its own would have it.</p>`;
}

/** What programs of the user's made: the tables of all cells, then step by step in each cell. */
function stepsPart({ cells, joinedSteps = [] }: StudyReportParams): PagePart {
  const row = (cell: string, step: StepFiles, folder: string) =>
    html`<tr><th scope="row" class="claim-name">${cell}</th><td class="text">${step.name}</td><td class="text">${stepLinks(step, folder)}</td></tr>`;
  const rows = [
    ...joinedSteps.map((step) => row('all cells', step, '')),
    ...cells.flatMap(({ label, folder, steps = [] }) => steps.map((step) => row(label, step, folder ?? ''))),
  ];
  const head = plainHead([{ text: 'cell' }, { text: 'step' }, { text: 'tables and files' }]);
  return {
    name: 'steps',
    heading: 'Own steps',
    content: scrollingTable('Results of the own steps of all cells', head, rows),
  };
}

async function claimsPart(input: StudyPageInput): Promise<PagePart | undefined> {
  const { params, claims, claimsOverCells, claimEffects } = input;
  if (claimsOverCells === undefined || !(params.claims.figure || params.claims.table)) return undefined;
  const csv = cellsAsCases({ overCells: claimsOverCells, ofCells: claims }, params.cells);
  const files = new Map([['claims.csv', csv]]);
  const of = { files, claimEffects, params: pageParams(params, { files: ['claims.csv'], updates: [] }) };
  const content = html`${await claimsSection.render(of, { figure: false, table: params.claims.table })}
    ${await figuresOnPage(studyFigures(input).get('claims')!, { params: {} })}`;
  return { name: 'claims', heading: claimsSection.heading, content };
}

/** The tables of the section, of each group by itself. */
async function tablesOfGroups(part: string, input: StudyPageInput): Promise<Html> {
  const section = sections[part as keyof typeof sections];
  const sources = sourcesOf(input, part, 'tables').filter((source) => source.input.files.has(section.needs));
  const details: Html[] = [];
  for (const { label, input: own } of sources.slice(0, mostTabled)) {
    const of = { ...own, claimEffects: input.claimEffects, params: pageParams(input.params, own.params) };
    const tables = await section.render(of, { figure: false, table: true });
    details.push(
      html`<details><summary>Tables in full${label !== '' && html`: ${label}`}</summary>${tables}</details>`,
    );
  }
  const more = sources.length - details.length;
  return html`${details}${more > 0 && html`<p class="note">The tables of ${more} more are in their reports.</p>`}`;
}

/** What a section of one workflow is told of the page; items stand in the folders of the cells. */
function pageParams({ title, workflow }: StudyReportParams, shown: ShownParams): ReportInput['params'] {
  return { ...shown, title, workflow, linked: [], figures: [], tables: [], asked: [], provenance: [] };
}

function provenance({ workflow, provenance: texts }: StudyReportParams, { digests, version }: Origin): Html {
  return html`<section id="provenance"><h2>Provenance</h2>
<dl>
<dt>Workflow</dt><dd>${workflow}</dd>
${textList(texts)}
<dt>Report made by</dt><dd>runflow ${version}</dd>
</dl>
<details><summary>The tables that this page was made from</summary><dl>
${[...digests].map(([table, digest]) => html`<dt>${table}</dt><dd><code>${digest}</code></dd>`)}
</dl></details>
<p class="note">Tables of all cells lie beside this page, as CSV and Parquet. Digests and keys of every checkpoint tensor and step, the device,
versions and times of the last run: <a href="run.json">run.json</a>.</p>
</section>`;
}
