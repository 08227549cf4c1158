import { cut } from '../figures/text-width.js';
import { type Html, html } from '../html.js';
import { durationText } from './duration.js';
import type { Span } from './run-facts.js';

const size = { label: 230, width: 930, row: 24, bar: 12, axis: 26, letter: 11 };

/** Bars of when the steps of each group were at work; gaps too narrow to be seen are closed. */
export function timeline(spans: readonly Span[], seconds: number): Html {
  const end = Math.max(lastEnd(spans), seconds, 1e-3);
  const scale = (size.width - size.label - 30) / end;
  const groups = [...new Set(spans.map(({ group }) => group))];
  const rows = groups.map((name, index) => {
    const own = spans.filter(({ group }) => group === name).sort((a, b) => a.start - b.start);
    const [first, last] = [own[0]!.start, lastEnd(own)];
    const bars = joined(own, 1 / scale).map(
      (bar) =>
        html`<rect x="${(size.label + bar.start * scale).toFixed(1)}" width="${Math.max(1, (bar.end - bar.start) * scale).toFixed(1)}" y="6" height="${size.bar}"/>`,
    );
    return html`<g transform="translate(0,${index * size.row})"><title>${`${name}: ${own.length} ${own.length === 1 ? 'step' : 'steps'}, from ${durationText(first)} to ${durationText(last)}`}</title>
      <text x="0" y="16">${cut(name, (size.label - 12) / size.letter)}</text>${bars}</g>`;
  });
  const bottom = groups.length * size.row;
  const ticks = ticksTo(end).map((at) => {
    const x = (size.label + at * scale).toFixed(1);
    return html`<path class="tick" d="M${x} 0V${bottom}"/><text class="small" text-anchor="middle" x="${x}" y="${bottom + 16}">${durationText(at)}</text>`;
  });
  return html`<div class="scroll timeline" tabindex="0" role="group" aria-label="Timeline of the run"><svg role="img" aria-label="When the steps of each group were at work"
    width="${size.width}" height="${bottom + size.axis}" viewBox="0 0 ${size.width} ${bottom + size.axis}">${ticks}${rows}</svg></div>`;
}

/** The end of the last of many spans. */
function lastEnd(spans: readonly Span[]): number {
  return spans.reduce((last, { end }) => Math.max(last, end), 0);
}

/** Spans of one row, which are in order; those closer to one another than `gap` as one. */
function joined(spans: readonly Span[], gap: number): { start: number; end: number }[] {
  const bars: { start: number; end: number }[] = [];
  for (const { start, end } of spans) {
    const last = bars.at(-1);
    if (last !== undefined && start - last.end <= gap) last.end = Math.max(last.end, end);
    else bars.push({ start, end });
  }
  return bars;
}

/** About five round times. */
function ticksTo(end: number): number[] {
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 43_200, 86_400];
  const step = steps.find((each) => end / each <= 6) ?? Math.ceil(end / 6 / 86_400) * 86_400;
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
}
