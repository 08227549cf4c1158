import { UsageError } from '../diagnostics/errors.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import type { Step } from '../steps/step.js';
import { coordinatesText } from '../workflow/coordinates.js';
import { globMatches } from './glob.js';
import type { Deferred, Plan, PlannedCell } from './plan.js';
import { withoutTrainingSeed } from './training-seeds.js';

/**
 * The ids of steps that a pattern names: by step id, by kind (`svd`), or by definition (`parallel`, `sweeps.parallel`). Of a
 * matrix these are the steps of all cells, and those of some with the cells in front: `lr=1e-5/train[useful]`, `seed=1/parallel`.
 */
export function matchingSteps(plan: Plan, pattern: string): Set<string> {
  const matches = globMatches(pattern);
  const found = new Set<string>();
  for (const { id, cell, kind } of plan.steps) {
    const own = cell === undefined ? id : id.slice(cell.length + 1);
    if ([id, own, withoutTrainingSeed(own), kind].some(matches)) found.add(id);
  }
  addNamed(plan.named, matches, found);
  const chosen = chosenCells(plan, pattern);
  if (chosen === undefined) return found;
  const ofCell = globMatches(chosen.rest);
  const kinds = new Map(plan.steps.map(({ id, kind }) => [id, kind]));
  for (const { nodes, named } of chosen.cells) {
    for (const [own, id] of nodes) {
      const kind = kinds.get(id);
      if (kind !== undefined && [own, withoutTrainingSeed(own), kind].some(ofCell)) found.add(id);
    }
    addNamed(named, ofCell, found);
  }
  return found;
}

function addNamed(named: Plan['named'], matches: (text: string) => boolean, found: Set<string>): void {
  for (const [definition, ids] of named) {
    if (matches(definition) || matches(withoutSection(definition))) for (const id of ids) found.add(id);
  }
}

/** What a pattern names cells by. */
interface ChosenCells {
  /** What stands in front of the `/`. */
  readonly front: string;
  /** Empty: no cell is so named. */
  readonly cells: readonly PlannedCell[];
  /** The pattern behind the `/`. */
  readonly rest: string;
}

/** The cells that a pattern names in front of a `/`; undefined where it names none, and so means all. */
function chosenCells({ cells }: Plan, pattern: string): ChosenCells | undefined {
  const [front, ...rest] = pattern.split('/');
  if (cells[0]!.label === '' || rest.length === 0 || front!.includes('[')) return undefined;
  const matches = globMatches(front!);
  const coordinates = front!.split(',').map(globMatches);
  const isChosen = (cell: PlannedCell) => {
    const own = [...cell.coordinates].map((coordinate) => coordinatesText(new Map([coordinate])));
    return matches(cell.label) || coordinates.every((wanted) => own.some(wanted));
  };
  return { front: front!, cells: cells.filter(isChosen), rest: rest.join('/') };
}

/**
 * The steps of the plan that the targets need, in plan order: all steps when there is no target.
 * @throws UsageError when a target names nothing, also not something that is deferred, or names a cell that is not there
 */
export function selectTargets(plan: Plan, targets: readonly string[]): readonly Step[] {
  return targets.length === 0 ? plan.steps : withAncestors(plan.steps, targetSteps(plan, targets));
}

/** The ids of the steps that targets name, without what these need. @throws UsageError as selectTargets does */
export function targetSteps(plan: Plan, targets: readonly string[]): ReadonlySet<string> {
  const wanted = new Set<string>();
  for (const target of targets) {
    const found = matchingSteps(plan, target);
    const deferred = matchingDeferred(plan, target);
    if (found.size === 0 && deferred.length === 0) throw unknownStep(plan, target, `target ${target}`);
    for (const id of found) wanted.add(id);
    // What is deferred needs its fetches: they are the only steps that can bring it about.
    for (const { models, cell = '' } of deferred) {
      const nodes = plan.cells.find(({ label }) => label === cell)!.nodes;
      for (const model of models) wanted.add(nodes.get(`fetch[${model}]`) ?? `fetch[${model}]`);
    }
  }
  return wanted;
}

/** A table that targets feed and that cannot be made yet. */
export interface UnmadeTable {
  readonly files: readonly string[];
  /** How many steps it lacks that are neither asked for nor done. */
  readonly lacking: number;
}

/**
 * The tables that the targets feed and that will be whole when these are done: everything else that such a table takes
 * is done already. A table of tables (claims, report) needs all of them to be of this run.
 */
export function tablesOfTargets(
  plan: Plan,
  wanted: ReadonlySet<string>,
  isDone: (step: string) => boolean,
): { readonly tables: ReadonlySet<string>; readonly unmade: readonly UnmadeTable[] } {
  const made = new Set(withAncestors(plan.steps, wanted).map(({ id }) => id));
  const results = new Set(plan.results.map(({ node }) => node));
  const fed = new Set(wanted);
  const tables = new Set<string>();
  const unmade: UnmadeTable[] = [];
  for (const { id, inputs } of plan.steps) {
    const nodes = [...new Set(Object.values(inputs).map(({ node }) => node))];
    if (!nodes.some((node) => fed.has(node))) continue;
    fed.add(id);
    if (!results.has(id) || made.has(id)) continue;
    const lacking = nodes.filter((node) => !made.has(node) && (results.has(node) || !isDone(node)));
    if (lacking.length === 0) {
      tables.add(id);
      made.add(id);
    } else if (!lacking.some((node) => results.has(node))) {
      const files = plan.results.filter(({ node }) => node === id).map(({ file }) => file);
      unmade.push({ files, lacking: lacking.length });
    }
  }
  return { tables, unmade };
}

/** Backwards once over the plan order: every step stands after its inputs. */
export function withAncestors(steps: readonly Step[], wanted: ReadonlySet<string>): Step[] {
  const needed = new Set(wanted);
  for (let index = steps.length - 1; index >= 0; index--) {
    const step = steps[index]!;
    if (needed.has(step.id)) for (const { node } of Object.values(step.inputs)) needed.add(node);
  }
  return steps.filter((step) => needed.has(step.id));
}

function matchingDeferred(plan: Plan, target: string): readonly Deferred[] {
  if (plan.steps.some(({ id }) => id === target)) return [];
  const chosen = chosenCells(plan, target);
  const deferred = plan.deferred.filter(({ cell }) => chosen?.cells.some(({ label }) => label === cell) ?? true);
  // A step id cannot be compared with what has no steps yet: it may be any of them.
  if (target.includes('[')) return deferred;
  const matches = globMatches(chosen?.rest ?? target);
  return deferred.filter(({ what }) => matches(what) || matches(withoutSection(what)));
}

function withoutSection(definition: string): string {
  return definition.slice(definition.indexOf('.') + 1);
}

/** Whether a pattern names a cell that is not there: it can mean no step, whatever is yet to be planned. */
export function namesNoCell(plan: Plan, pattern: string): boolean {
  return chosenCells(plan, pattern)?.cells.length === 0;
}

/** What names no step; `said`: what the user wrote where they named it. */
export function unknownStep(plan: Plan, target: string, said: string): UsageError {
  const chosen = chosenCells(plan, target);
  if (chosen?.cells.length === 0) return unknownCell(plan, said);
  const own = chosen?.rest ?? target;
  const ids = chosen === undefined ? plan.steps.map(({ id }) => id) : chosen.cells[0]!.nodes.keys();
  const definitions = [...plan.named.keys()].flatMap((definition) => [definition, withoutSection(definition)]);
  const names = new Set([...definitions, ...plan.steps.map((step) => step.kind)]);
  const meant = nearest(own, own.includes('[') ? ids : names);
  const shown = chosen === undefined ? meant : `${chosen.front}/${meant}`;
  return new UsageError(`${said} names no step of this workflow`, {
    hint: meant === undefined ? 'See runflow plan FILE --all for the names.' : didYouMean(own, meant, shown),
  });
}

const shownCells = 12;

function unknownCell({ cells }: Plan, said: string): UsageError {
  const shown = cells.slice(0, shownCells).map(({ label }) => label);
  const more = cells.length - shown.length;
  return new UsageError(`${said} names no cell of the matrix`, {
    hint: `The cells are ${shown.join(' ; ')}${more > 0 ? ` and ${more} more` : ''}. One coordinate names all cells that have it.`,
  });
}
