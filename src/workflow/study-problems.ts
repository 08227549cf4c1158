import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { MatrixCell } from './cells.js';
import { errorAt } from './problems.js';
import { rangeOf } from './source-text.js';
import type { Study } from './study.js';
import type { Workflow } from './workflow.js';

/**
 * What is wrong with cells beside each other: an axis that changes nothing is an error, for whoever wrote it expects other
 * results; two cells that do the same are a warning, for a profile may well ignore what another profile uses.
 *
 * @param cells those of the study, in its order
 */
export function studyProblems(
  study: Study,
  cells: readonly MatrixCell[],
): { readonly problems: readonly Diagnostic[]; readonly warnings: readonly Diagnostic[] } {
  const problems: Diagnostic[] = [];
  const [first] = study.cells;
  for (const [index, { workflow }] of study.cells.entries()) {
    if (workflow.name === first!.workflow.name) continue;
    const message = `the cells have different names: ${first!.workflow.name} and ${workflow.name}`;
    problems.push(errorAt(cells[index]!.place, { code: 'invalid-name', message, hint: 'One study has one name.' }));
    break;
  }
  const contents = study.cells.map(({ workflow }) => contentOf(workflow));
  const idle = new Set(study.axes.filter(({ path }) => changesNothing(path, cells, contents)).map(({ path }) => path));
  for (const path of idle) {
    const key = cells.find(({ values }) => values.has(path))!.values.get(path)!.key;
    const hint = path.startsWith('params.') ? `Write \${${path}} where the value is to go.` : 'Remove the axis.';
    const message = `the axis ${path} changes nothing in this workflow`;
    problems.push(errorAt(key, { code: 'idle-axis', message, hint }));
  }
  const earlier = new Map<string, string>();
  const warnings = cells.flatMap(({ label, place }, index): Diagnostic[] => {
    const same = earlier.get(contents[index]!);
    earlier.set(contents[index]!, label);
    if (same === undefined) return [];
    const message = `the cells ${same} and ${label} do the same`;
    return [{ severity: 'warning', code: 'equal-cells', message, range: rangeOf(place) }];
  });
  return { problems, warnings: problems.length > 0 ? [] : warnings };
}

/** Whether cells that differ on this axis alone are always the same workflow; false where there are no two such cells. */
function changesNothing(path: string, cells: readonly MatrixCell[], contents: readonly string[]): boolean {
  const groups = new Map<string, Set<string>>();
  const sizes = new Map<string, number>();
  for (const [index, { values }] of cells.entries()) {
    if (!values.has(path)) continue;
    const others = JSON.stringify(
      [...values].filter(([axis]) => axis !== path).map(([axis, { value }]) => [axis, value.value]),
    );
    groups.set(others, (groups.get(others) ?? new Set()).add(contents[index]!));
    sizes.set(others, (sizes.get(others) ?? 0) + 1);
  }
  const compared = [...groups].filter(([others]) => sizes.get(others)! > 1);
  return compared.length > 0 && compared.every(([, different]) => different.size === 1);
}

/** All that decides what a workflow measures: its definitions after references, without places. */
function contentOf(workflow: Workflow): string {
  const { models, datasets, recipes, updates, subspaces, sweeps, metrics, claims, report, semantics, seed } = workflow;
  const definitions = { models, datasets, recipes, updates, subspaces, sweeps, metrics, claims, report, semantics };
  // Every definition has its own seed by now, but for the randomised decompositions of the reference.
  const content = semantics === 'reference' ? { ...definitions, seed } : definitions;
  return JSON.stringify(content, (key, value: unknown) =>
    key === 'range' ? undefined : value instanceof Map ? [...value] : value,
  );
}
