import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { axisNames, coordinatesText } from './coordinates.js';
import type { ScalarNode } from './document.js';
import {
  type AxisValue,
  type CellValues,
  type ListedCell,
  type MatrixAxis,
  type MatrixSection,
  sameValue,
  valueText,
} from './matrix.js';
import { errorAt, suggestion } from './problems.js';
import { type Place, rangeOf } from './source-text.js';

/** Each cell is a whole workflow, read and planned by itself. */
const mostCells = 500;

/** A cell of a matrix before its workflow is read. */
export interface MatrixCell {
  readonly place: Place;
  readonly label: string;
  readonly coordinates: ReadonlyMap<string, string>;
  readonly values: CellValues;
}

export interface MatrixCells {
  /** Paths of all axes with their names, in the order of the columns. */
  readonly axes: ReadonlyMap<string, string>;
  readonly cells: readonly MatrixCell[];
}

/** Axes that the command line gives, in place of those that the workflow has. `cell` chooses cells by their names. */
export type AxesAsked = ReadonlyMap<string, MatrixAxis>;

const chooser = 'cell';

/**
 * The cells of a matrix: all combinations of the axes but those that `exclude` matches, then what `include` and `cells`
 * list. A listed cell gives a value on every axis. An axis that is asked for replaces the one of the matrix, and listed cells with
 * other values on it are left out. On an axis that only listed cells lie on, it chooses among these.
 *
 * @returns undefined when it adds to `problems`
 */
export function cellsOf(matrix: MatrixSection, asked: AxesAsked, problems: Diagnostic[]): MatrixCells | undefined {
  const earlier = problems.length;
  const refuse = (place: Place, code: string, message: string, hint?: string) =>
    problems.push(errorAt(place, { code, message, hint }));
  const given = new Map([...asked].filter(([path]) => path !== chooser));
  const ofListed = new Set(matrix.include.flatMap(({ values }) => [...values.keys()]));
  const choosing = new Map([...given].filter(([path]) => !matrix.axes.has(path) && ofListed.has(path)));
  const axes = new Map([...matrix.axes, ...given].filter(([path]) => !choosing.has(path)));
  const count = [...axes.values()].reduce((product, { values }) => product * values.length, 1);
  if (count + matrix.include.length > mostCells) {
    refuse(
      matrix.place,
      'too-many-cells',
      `the matrix has ${count + matrix.include.length} cells; at most ${mostCells} are run`,
    );
    return undefined;
  }
  const isAsked = ({ values }: { readonly values: CellValues }) =>
    [...values].every(([path, { value }]) => given.get(path)?.values.some((one) => sameValue(one, value)) ?? true);
  const combinations = axes.size === 0 ? [] : productOf(axes, matrix.place);
  const excluded = new Set<ListedCell>();
  for (const pattern of matrix.exclude) {
    const unknown = [...pattern.values].filter(([path]) => !axes.has(path));
    for (const [path, { key }] of unknown) {
      refuse(key, 'unknown-axis', `${path} is no axis of the matrix`, suggestion(path, axes.keys()));
    }
    const matches = combinations.filter((cell) => isPartOf(pattern.values, cell.values));
    if (matches.length === 0 && unknown.length === 0 && isAsked(pattern)) {
      refuse(pattern.place, 'unknown-cell', 'no cell of the matrix has these values: nothing is excluded');
    }
    for (const cell of matches) excluded.add(cell);
  }
  for (const [path, { values }] of choosing) {
    const known = matrix.include.flatMap((cell) => cell.values.get(path)?.value ?? []);
    for (const node of values.filter((value) => !known.some((one) => sameValue(one, value)))) {
      const hint = suggestion(valueText(node), new Set(known.map(valueText)));
      refuse(node.place, 'unknown-cell', `no cell of the matrix has the value ${valueText(node)} on ${path}`, hint);
    }
  }
  const cells = choosing.size > 0 ? [] : combinations.filter((cell) => !excluded.has(cell));
  const listed = matrix.include.filter(
    (cell) => isAsked(cell) && [...choosing.keys()].every((path) => cell.values.has(path)),
  );
  for (const [path, { key }] of given) {
    if (listed.length === 0 || matrix.axes.has(path) || ofListed.has(path)) continue;
    const hint = `Give each of them a value on it, or choose by ${[...ofListed].join(', ')}.`;
    refuse(key, 'incomplete-cell', `the cells that the matrix lists have no value on the axis ${path}`, hint);
  }
  for (const cell of listed) {
    const missing = [...matrix.axes.keys()].filter((path) => !cell.values.has(path));
    if (missing.length > 0) {
      const hint = 'A listed cell says where it is on every axis. What goes with a profile stands in the profile.';
      refuse(cell.place, 'incomplete-cell', `this cell has no value on the axis ${missing.join(', ')}`, hint);
    }
    const same = cells.findIndex(({ values }) => isPartOf(values, cell.values) && isPartOf(cell.values, values));
    if (same < 0) cells.push(cell);
    else if (cell.name !== undefined && cells[same]!.name === undefined) cells[same] = cell;
    // An axis of the command line may come upon what the workflow lists.
    else if (given.size === 0)
      refuse(cell.place, 'duplicate-cell', 'the matrix has this cell already', 'Remove it here.');
  }
  if (problems.length > earlier) return undefined;
  if (cells.length === 0 && given.size > 0) {
    const { key } = given.values().next().value!;
    refuse(key, 'empty-matrix', 'no cell of the matrix has these values together', 'Give fewer axes.');
    return undefined;
  }
  if (cells.length === 0) {
    const [pattern] = matrix.exclude;
    refuse(
      pattern?.place ?? matrix.place,
      'empty-matrix',
      'no cell of the matrix is left: exclude takes out all of them',
      'Exclude fewer, or list cells under include or cells.',
    );
    return undefined;
  }
  const paths = new Set([...axes.keys(), ...cells.flatMap(({ values }) => [...values.keys()])]);
  const choice = { chosen: asked.get(chooser), problems };
  return finished(cells, axisNames([...paths]), choice);
}

function finished(
  cells: readonly ListedCell[],
  axes: ReadonlyMap<string, string>,
  { chosen, problems }: { chosen: ReturnType<AxesAsked['get']>; problems: Diagnostic[] },
): MatrixCells {
  const names = cells.flatMap(({ name }) => name ?? []);
  for (const node of chosen?.values ?? []) {
    if (names.includes(String(node.value))) continue;
    const hint = suggestion(valueText(node), names) ?? 'Name cells under matrix.cells.';
    problems.push(errorAt(node.place, { code: 'unknown-cell', message: `no cell is called ${valueText(node)}`, hint }));
  }
  const isChosen = ({ name }: ListedCell) =>
    chosen === undefined || chosen.values.some((node) => name !== undefined && String(node.value) === name);
  const folders = new Map<string, LabelledCell>();
  const shared: Diagnostic[] = [];
  const found = cells.filter(isChosen).map((cell): MatrixCell => {
    const coordinates = new Map([...cell.values].map(([path, { value }]) => [axes.get(path)!, valueText(value)]));
    const label = cell.name ?? coordinatesText(coordinates);
    // A cell has a folder of its name, and some disks ignore the case of letters.
    const folder = label.toLowerCase();
    const other = folders.get(folder);
    if (other === undefined) folders.set(folder, { cell, label });
    else shared.push(sameFolder({ cell, label }, other));
    return { place: cell.place, label, coordinates, values: cell.values };
  });
  // Two values share the folders of many cells.
  const places = shared.map(({ range }) => range!.start.offset);
  problems.push(...shared.filter((_, index) => places.indexOf(places[index]!) === index));
  return { axes, cells: found };
}

interface LabelledCell {
  readonly cell: ListedCell;
  readonly label: string;
}

/** A cell whose results would go to the folder of another: the names of both, or the values that they differ in, are at fault. */
function sameFolder({ cell, label }: LabelledCell, other: LabelledCell): Diagnostic {
  const message =
    label === other.label
      ? `two cells would be called ${label}`
      : `the cells ${other.label} and ${label} differ in the case of letters only: on some disks they would share a folder`;
  const isOther = ([path, { value }]: readonly [string, AxisValue]) => {
    const given = other.cell.values.get(path);
    return given !== undefined && !sameValue(given.value, value);
  };
  const [path, given] = [...cell.values].find(isOther) ?? [];
  if (cell.name !== undefined || path === undefined) {
    const hint = 'Give one of them another name.';
    return errorAt(cell.place, { code: 'duplicate-cell', message, hint });
  }
  return errorAt(given!.value.place, {
    code: 'duplicate-cell',
    message,
    hint: 'Keep one of the two values, or name the cells under matrix.cells.',
    related: [{ message: 'the other value', range: rangeOf(other.cell.values.get(path)!.value.place) }],
  });
}

/** All combinations, the first axis changing slowest. */
function productOf(axes: MatrixSection['axes'], place: Place): ListedCell[] {
  let found: ReadonlyMap<string, AxisValue>[] = [new Map()];
  for (const [path, { key, values }] of axes) {
    found = found.flatMap((cell) => values.map((value: ScalarNode) => new Map([...cell, [path, { key, value }]])));
  }
  return found.map((values) => ({ place, values }));
}

function isPartOf(part: CellValues, whole: CellValues): boolean {
  return [...part].every(([path, { value }]) => {
    const other = whole.get(path);
    return other !== undefined && sameValue(value, other.value);
  });
}
