import type { Study } from '../workflow/study.js';

/** Cells that are shown as one. */
export interface SeedGroup {
  /** Indices of the cells, rising; at least one. */
  readonly cells: readonly number[];
  /** The workflow's seed in each of them. */
  readonly seeds: readonly number[];
}

const seedPath = 'seed';

/** The index of the axis of the workflow's seed; -1: there is none. */
export function seedAxis({ axes }: Study): number {
  return axes.findIndex(({ path }) => path === seedPath);
}

/** Cells that differ in nothing but the workflow's seed are one group. */
export function seedGroups(study: Study): SeedGroup[] {
  const axis = seedAxis(study);
  const groups = new Map<string, { cells: number[]; seeds: number[] }>();
  for (const [cell, { values, workflow }] of study.cells.entries()) {
    const others = values.map((value, index) => (index === axis ? null : (value?.value ?? null)));
    const key = axis < 0 ? String(cell) : JSON.stringify(others);
    const group = groups.get(key) ?? { cells: [], seeds: [] };
    groups.set(key, group);
    group.cells.push(cell);
    group.seeds.push(workflow.seed);
  }
  return [...groups.values()];
}
