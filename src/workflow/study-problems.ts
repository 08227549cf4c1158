import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { MatrixCell } from './cells.js';
import { definitionText } from './definition.js';
import { fileNameProblems } from './file-names.js';
import { listsTrainingSeeds, trainingSeeds } from './models/training-seeds.js';
import { errorAt } from './problems.js';
import { type Place, rangeOf } from './source-text.js';
import type { Study } from './study.js';
import { sections } from './unused.js';
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
  const ofSeeds = seedProblems(study, cells);
  const idle = new Set(study.axes.filter(({ path }) => changesNothing(path, cells, contents)).map(({ path }) => path));
  for (const path of idle) {
    const key = keyOf(path, cells);
    // Why it changes nothing is said already.
    if (ofSeeds.some(({ range }) => range!.start.offset === key.start && range!.file === rangeOf(key).file)) continue;
    const hint = path.startsWith('params.') ? `Write \${${path}} where the value is to go.` : 'Remove the axis.';
    const message = `the axis ${path} changes nothing in this workflow`;
    problems.push(errorAt(key, { code: 'idle-axis', message, hint }));
  }
  problems.push(...ofSeeds, ...fileNameProblems(study));
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

/** Axes over the training seeds that models list: each would be fanned out twice. A profile may bring lists of its own. */
function seedProblems({ axes, cells: loaded }: Study, cells: readonly MatrixCell[]): Diagnostic[] {
  const lists = loaded.map(({ workflow }) => JSON.stringify(trainingSeeds(workflow.models) ?? null));
  const listing = loaded.find((_, index) => lists[index] !== 'null')?.workflow;
  if (listing === undefined) return [];
  const model = [...listing.models.values()].find(listsTrainingSeeds)!;
  return axes.flatMap(({ path }): Diagnostic[] => {
    const isSame =
      path === 'seed' || (path !== 'profile' && differingAlong(path, cells, lists).some((size) => size > 1));
    if (!isSame) return [];
    const key = keyOf(path, cells);
    const message = `the axis ${path} and the seeds of models.${model.name} are both over training seeds`;
    const hint =
      'Keep one of them: with `seeds` a cell has all of them and their spread, with the axis each has a cell.';
    const related = [{ message: `models.${model.name} lists them`, range: model.range }];
    return [errorAt(key, { code: 'seeds-twice', message, hint, related })];
  });
}

function keyOf(path: string, cells: readonly MatrixCell[]): Place {
  return cells.find(({ values }) => values.has(path))!.values.get(path)!.key;
}

/** Whether cells that differ on this axis alone are always the same workflow; false where there are no two such cells. */
function changesNothing(path: string, cells: readonly MatrixCell[], contents: readonly string[]): boolean {
  const compared = differingAlong(path, cells, contents);
  return compared.length > 0 && compared.every((size) => size === 1);
}

/** How many contents there are among the cells that differ on this axis alone, of each such group. */
function differingAlong(path: string, cells: readonly MatrixCell[], contents: readonly string[]): number[] {
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
  return [...groups].flatMap(([others, { size }]) => (sizes.get(others)! > 1 ? [size] : []));
}

/** All that decides what a workflow measures: its definitions after references, without places. */
function contentOf(workflow: Workflow): string {
  const { report, semantics, seed } = workflow;
  const definitions = sections.map((section) => [...workflow[section].values()]);
  // Every definition has its own seed by now, but for the randomised decompositions of the reference.
  return definitionText([definitions, report, semantics, ...(semantics === 'reference' ? [seed] : [])]);
}
