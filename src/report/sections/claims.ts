import { download } from '../figures/caption.js';
import type { Figure } from '../figures/figure.js';
import { figuresOnPage } from '../figures/on-page.js';
import { type Html, html } from '../html.js';
import { type ColumnHead, plainHead, scrollingTable, tableBlock } from '../html-table.js';
import { caseText, claimTables, conditionText, type ShownClaim } from '../paper-tables/claims.js';
import type { FigureInput, Section } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import { groupBy } from '../statistics.js';
import { type ClaimRow, claimColumns } from '../tables/claims.js';
import { readResult } from '../tables/result-rows.js';
import { rangeText, significantText } from '../wording.js';

export const claimsSection: Section = {
  heading: 'Claims',
  needs: 'claims.csv',
  figures: ({ files, params }) => figuresOf(claimsOf(files), new SeriesStyle(params.style)),
  tables: ({ files, params }) => claimTables(claimsOf(files), new SeriesStyle(params.style)),
  async render(input, show) {
    const { files, claimEffects, params } = input;
    const claims = claimsOf(files);
    const style = new SeriesStyle(params.style);
    return html`
      ${show.table && table(claims, claimEffects, style)}
      ${show.figure && (await figuresOnPage(figuresOf(claims, style), input))}
      <p class="downloads note">Data: ${download(files.get('claims.csv')!, 'claims.csv', 'all cases')}, <a href="claims.csv">claims.csv</a>.</p>`;
  },
};

function claimsOf(files: FigureInput['files']): ShownClaim[] {
  const rows = readResult(files, 'claims.csv', claimColumns);
  return [...groupBy(rows, ({ claim }) => claim)].map(([name, group]) => {
    const whole = group.find((row) => row.case === '') ?? group[0]!;
    return { name, whole, cases: group.filter((row) => row !== whole) };
  });
}

function table(claims: readonly ShownClaim[], effects: ReadonlyMap<string, string>, style: SeriesStyle): Html {
  const rows = claims.map(
    ({ name, whole }) =>
      html`<tr class="group"><th scope="row" class="claim-name">${name}</th>${findingCells(whole)}</tr>`,
  );
  const details = claims.map(
    ({ name, whole, cases }) => html`<details><summary>${name}: ${countText(cases)}</summary>
      <p class="note">${effects.get(whole.kind) ?? `Kind: ${whole.kind}.`}</p>
      ${scrollingTable(
        `Cases of ${name}`,
        plainHead([{ text: 'case' }, ...columns]),
        cases.map(
          (one) =>
            html`<tr class="group"><th scope="row" class="claim-name">${caseText(one, style)}</th>${findingCells(one)}</tr>`,
        ),
      )}
    </details>`,
  );
  return html`${tableBlock(
    'What was expected, and what came out',
    plainHead([{ text: 'claim' }, ...columns]),
    rows,
    html`A claim holds where all of its cases do and fails where one does; its numbers and its note are those of its weakest case. A case
    holds where its whole interval lies where it must, fails where the whole interval lies elsewhere, and is undecided
    otherwise. Where a measure could not move, at a ceiling say, the case gives no information and does not count. The
    intervals of a claim’s cases are wide enough to be right together 95 % of the time, whatever the distribution.`,
  )}
  <div class="cases">${details}</div>`;
}

const columns: readonly ColumnHead[] = [
  ...[{ text: 'verdict' }, 'effect', 'interval', 'n', { text: 'interval must lie' }, { text: 'note' }],
];

function findingCells(row: ClaimRow): Html {
  const { effect, ci_low, ci_high, n } = row;
  const interval =
    n === 0 ? 'not measured' : ci_low === null || ci_high === null ? '–' : rangeText(ci_low, ci_high, significantText);
  return html`<td class="text">${verdictText(row)}</td><td>${significantText(effect)}</td><td>${interval}</td>
    <td>${n}</td><td class="text">${conditionText(row)}</td>
    <td class="text claim-note">${row.note}</td>`;
}

const verdictMarks: Readonly<Record<string, string>> = {
  holds: '✓',
  fails: '✗',
  undecided: '?',
  'no information': '∅',
};

export function verdictText({ verdict }: ClaimRow): Html {
  const mark = verdictMarks[verdict];
  if (mark === undefined) return html`${verdict}`;
  return html`<span class="verdict ${verdict}"><span aria-hidden="true">${mark}</span> ${verdict}</span>`;
}

function countText(cases: readonly ClaimRow[]): string {
  const counts = [...groupBy(cases, ({ verdict }) => verdict)].map(([verdict, { length }]) => `${length} ${verdict}`);
  return `${cases.length} ${cases.length === 1 ? 'case' : 'cases'}${counts.length > 0 ? ` (${counts.join(', ')})` : ''}`;
}

function figuresOf(claims: readonly ShownClaim[], style: SeriesStyle): Figure[] {
  const shown = claims.filter(({ cases }) => cases.length > 0);
  if (shown.length === 0) return [];
  const panels = shown.map(({ name, cases }) => {
    const intervals = cases.map((row) => ({
      name: `${verdictMarks[row.verdict] ?? ''} ${caseText(row, style)}`,
      value: row.effect,
      low: row.ci_low,
      high: row.ci_high,
      holds: [row.holds_above, row.holds_below] as const,
      note: row.note,
      title: `${caseText(row, style)}: ${significantText(row.effect)} (${rangeText(row.ci_low, row.ci_high, significantText)}), ${row.verdict}`,
    }));
    return { kind: 'intervals', title: name, label: 'effect', intervals } as const;
  });
  const figure: Figure = {
    name: 'claims',
    title: 'Effects and their intervals',
    panels,
    caption: html`<p><b>How to read it.</b> A line is the interval of one case’s effect, the point in it the effect as
    measured. The shade is where the interval must lie for the case to hold. ✓ holds, ✗ fails, ? undecided, ∅ no
    information. Where an interval does not exist, the row says why.</p>`,
  };
  return [figure];
}
