import { axisDomain } from '../figures/axis-domain.js';
import type { Panel } from '../figures/panel.js';
import { groupBy } from '../statistics.js';

type Domain = readonly [number, number];

/**
 * Panels that stand side by side, on shared axes: one domain for each quantity, and one depth of colour. What has a scale of its
 * own in every panel of a cell shares it with the same panel of other cells alone.
 *
 * @param figures the panels of each cell's figure
 * @param sets the same panels, those that are compared with each other together
 */
export function onSharedAxes(figures: readonly (readonly Panel[])[], sets: readonly (readonly Panel[])[]): Panel[][] {
  const own = new Set<string>();
  for (const panels of figures) {
    for (const [key, domains] of domainsOf(panels)) {
      if (new Set(domains.map((domain) => JSON.stringify(domain))).size > 1) own.add(key);
    }
  }
  const ofAll = domainsOf(figures.flat());
  const max = Math.max(0, ...figures.flat().map((panel) => (panel.kind === 'layers' ? panel.max : 0)));
  return sets.map((set) => {
    const ofSet = domainsOf(set);
    const domain = (axis: 'x' | 'y', panel: Panel) => {
      const key = keyOf(axis, panel);
      return unionOf((own.has(key) ? ofSet : ofAll).get(key)!);
    };
    const limits = intervalLimits(set);
    return set.map((panel): Panel => {
      if (panel.kind === 'layers') return { ...panel, max };
      if (panel.kind === 'intervals') return limits === undefined ? panel : { ...panel, limits };
      const x = { ...panel.x, domain: domain('x', panel) };
      const y = { ...panel.y, domain: domain('y', panel) };
      return { ...panel, x, y };
    });
  });
}

/** Domains by what an axis is of. */
function domainsOf(panels: readonly Panel[]): Map<string, Domain[]> {
  const domains = new Map<string, Domain[]>();
  for (const panel of panels) {
    if (panel.kind === 'layers' || panel.kind === 'intervals') continue;
    for (const axis of ['x', 'y'] as const) {
      const key = keyOf(axis, panel);
      domains.set(key, [...(domains.get(key) ?? []), panel[axis].domain]);
    }
  }
  return domains;
}

function keyOf(axis: 'x' | 'y', panel: Panel): string {
  if (panel.kind === 'layers' || panel.kind === 'intervals') return '';
  const { of, label } = panel[axis];
  return JSON.stringify([axis, of, label]);
}

function unionOf(domains: readonly Domain[]): Domain {
  return [Math.min(...domains.map(([low]) => low)), Math.max(...domains.map(([, high]) => high))];
}

/** Ends of the axis of effects that hold all intervals of a set; undefined of a set without intervals. */
function intervalLimits(set: readonly Panel[]): Domain | undefined {
  const panels = set.flatMap((panel) => (panel.kind === 'intervals' ? [panel] : []));
  if (panels.length === 0) return undefined;
  // The workflow's own limits are the same in all of them, or else each keeps its own.
  const limited = groupBy(panels, ({ limits }) => JSON.stringify(limits ?? null));
  if (!limited.has('null')) return limited.size === 1 ? panels[0]!.limits : undefined;
  const ends = panels.flatMap(({ intervals }) =>
    intervals.flatMap(({ value, low, high, holds }) => [value, low, high, ...holds]),
  );
  return axisDomain([0, ...ends.filter((end) => end !== null)]);
}
