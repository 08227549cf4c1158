import { cut } from '../figures/text-width.js';
import { type Html, html } from '../html.js';
import { durationText } from './duration.js';
import type { StepGroup } from './run-facts.js';

/** Boxes side by side, and sizes in pixels: of a box, of the gaps beside and below it, of letters. */
const perRow = 4;
const box = { width: 222, height: 50, across: 12, down: 34, letter: 11 };
/** Room for a text in a box, in units of its letters. They are 12.5 pixels high, and `textWidth` takes them for wider than they are. */
const textRoom = (box.width - 16) / box.letter;

interface PlacedGroup {
  readonly group: StepGroup;
  readonly x: number;
  readonly y: number;
}

/**
 * The groups of steps from what they start with to the report: a box each, with what became of its steps and how long they
 * took, and a line from each group whose outputs it takes, unless another line says so already.
 */
export function groupGraph(groups: readonly StepGroup[]): Html {
  const before = directOnly(groups);
  const placed = placeGroups(groups, before);
  const width = perRow * (box.width + box.across) - box.across + 2;
  const height = Math.max(...[...placed.values()].map(({ y }) => y)) + box.height + 1;
  const lines = [...placed.values()].flatMap(({ group, x, y }) =>
    (before.get(group.name) ?? []).map((name) => {
      const from = placed.get(name)!;
      const [x1, y1, x2] = [from.x + box.width / 2, from.y + box.height, x + box.width / 2];
      return html`<path d="M${x1} ${y1}C${x1} ${y1 + box.down},${x2} ${y - box.down},${x2} ${y}"/>`;
    }),
  );
  const boxes = [...placed.values()].map(
    ({ group, x, y }) => html`<g class="${stateOf(group)}" transform="translate(${x},${y})">
      <title>${`${group.name}: ${countsText(group)}`}</title>
      <rect width="${box.width}" height="${box.height}" rx="6"/>
      <text x="10" y="20">${cut(group.name, textRoom)}</text><text x="10" y="38" class="small">${cut(countsText(group), textRoom)}</text></g>`,
  );
  return html`<div class="scroll dag" tabindex="0" role="group" aria-label="Steps of the run"><svg role="img" aria-label="Groups of steps, from data to report"
    width="${width}" height="${height}" viewBox="-1 -1 ${width} ${height + 1}"><g class="links">${lines}</g>${boxes}</svg></div>`;
}

/** The same in words. */
export function groupTable(groups: readonly StepGroup[]): Html {
  const rows = groups.map(
    ({ name, counts, seconds }) => html`<tr><th scope="row">${name}</th><td>${counts.ran}</td><td>${counts.cached}</td>
      <td>${counts.failed}</td><td>${counts.notRun}</td><td>${counts.ran + counts.failed > 0 ? durationText(seconds) : '–'}</td></tr>`,
  );
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Steps by group"><table>
    <thead><tr><th scope="col" class="text">steps</th><th scope="col">ran</th><th scope="col">from the store</th>
    <th scope="col">failed</th><th scope="col">not run</th><th scope="col">work</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function stateOf({ counts }: StepGroup): string {
  if (counts.failed > 0) return 'failed';
  if (counts.ran > 0) return 'ran';
  return counts.notRun > 0 ? 'not-run' : 'cached';
}

function countsText({ counts, seconds }: StepGroup): string {
  const said = [
    counts.failed > 0 && `${counts.failed} failed`,
    counts.ran > 0 && `${counts.ran} ran, ${durationText(seconds)}`,
    counts.cached > 0 && `${counts.cached} stored`,
    counts.notRun > 0 && `${counts.notRun} not run`,
  ];
  return said.filter((text) => text !== false).join(' · ');
}

/** The groups before each group, without those that come before another of them. */
function directOnly(groups: readonly StepGroup[]): ReadonlyMap<string, readonly string[]> {
  const order = new Map(groups.map(({ name }, index) => [name, index]));
  const above = new Map<string, ReadonlySet<string>>();
  const direct = new Map<string, readonly string[]>();
  for (const { name, after } of groups) {
    // Steps of two groups may need each other's; the picture shows the order of the plan.
    const earlier = after.filter((other) => order.get(other)! < order.get(name)!);
    const reached = new Set(earlier.flatMap((other) => [...above.get(other)!]));
    direct.set(
      name,
      earlier.filter((other) => !reached.has(other)),
    );
    above.set(name, new Set([...earlier, ...reached]));
  }
  return direct;
}

/** Rows by the longest way from a start; a row that is too long goes on in the next. */
function placeGroups(
  groups: readonly StepGroup[],
  before: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, PlacedGroup> {
  const depths = new Map<string, number>();
  for (const { name } of groups) {
    depths.set(name, Math.max(0, ...before.get(name)!.map((other) => depths.get(other)! + 1)));
  }
  const placed = new Map<string, PlacedGroup>();
  let row = 0;
  for (const depth of [...new Set(depths.values())].sort((a, b) => a - b)) {
    const own = groups.filter(({ name }) => depths.get(name) === depth);
    for (const [index, group] of own.entries()) {
      const [line, column] = [Math.floor(index / perRow), index % perRow];
      const inLine = Math.min(perRow, own.length - line * perRow);
      const x = (column + (perRow - inLine) / 2) * (box.width + box.across);
      placed.set(group.name, { group, x, y: (row + line) * (box.height + box.down) });
    }
    row += Math.ceil(own.length / perRow);
  }
  return placed;
}
