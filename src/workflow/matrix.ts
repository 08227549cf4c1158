import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { DocumentNode, MapEntry, ScalarNode } from './document.js';
import { errorAt } from './problems.js';
import type { Place } from './source-text.js';
import { kindText, nameRule } from './value-text.js';

/** One value of a cell, and where it was written. */
export interface AxisValue {
  readonly key: Place;
  readonly value: ScalarNode;
}

/** Values by the path of their axis: `profile`, `params.lr`. */
export type CellValues = ReadonlyMap<string, AxisValue>;

/** A cell, or a pattern of cells, that a matrix lists. */
export interface ListedCell {
  readonly place: Place;
  /** Absent: it is called by its coordinates. */
  readonly name?: string;
  readonly values: CellValues;
}

/** Values of an axis, and where it is named. */
export interface MatrixAxis {
  readonly key: Place;
  readonly values: readonly ScalarNode[];
}

/** The section `matrix` as it was written: places and values are not looked up yet. */
export interface MatrixSection {
  readonly place: Place;
  /** Values by path, in the order they were written. */
  readonly axes: ReadonlyMap<string, MatrixAxis>;
  /** Combinations that are left out. */
  readonly exclude: readonly ListedCell[];
  /** Cells besides the combinations, some with a name. */
  readonly include: readonly ListedCell[];
}

/** Keys of the section that are no axes. */
const listKeys = ['exclude', 'include', 'cells'];
const cellName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
/** A cell decides what a workflow measures; these decide what the workflow is. */
const noAxes = ['runflow', 'name', 'include', 'profiles', 'matrix'];
const exampleHint = 'For example: matrix: { params.lr: [1e-5, 3e-5], seed: [1, 2, 3] }';

/** Reads the section `matrix`; what is wrong with it is added to `problems`. */
export function readMatrix({ key: place, value: node }: MapEntry, problems: Diagnostic[]): MatrixSection {
  const reader = new MatrixReader(problems);
  const earlier = problems.length;
  const axes = new Map<string, MatrixAxis>();
  if (node.kind !== 'map') {
    reader.refuse(node.place, 'wrong-type', 'matrix must be a mapping of axes', exampleHint);
    return { place, axes, exclude: [], include: [] };
  }
  for (const [path, { key, value }] of node.entries) {
    if (!listKeys.includes(path) && reader.axisName(path, key))
      axes.set(path, { key, values: reader.values(path, key, value) });
  }
  const list = (name: string) => reader.list(name, node.entries.get(name)?.value);
  const include = [...list('include'), ...reader.named(node.entries.get('cells')?.value)];
  if (axes.size === 0 && include.length === 0 && problems.length === earlier) {
    reader.refuse(place, 'empty-matrix', 'the matrix has neither an axis nor a cell', exampleHint);
  }
  return { place, axes, exclude: list('exclude'), include };
}

class MatrixReader {
  readonly #problems: Diagnostic[];

  constructor(problems: Diagnostic[]) {
    this.#problems = problems;
  }

  refuse(place: Place, code: string, message: string, hint?: string): void {
    this.#problems.push(errorAt(place, { code, message, hint }));
  }

  axisName(path: string, key: Place): boolean {
    const isPath = path.split('.').every((word) => word !== '');
    if (isPath && !noAxes.includes(path.split('.')[0]!)) return true;
    const hint = 'An axis is `profile`, or the path of what --set could set, such as params.lr.';
    this.refuse(key, 'invalid-axis', `${path} cannot be an axis`, hint);
    return false;
  }

  values(path: string, key: Place, node: DocumentNode): ScalarNode[] {
    if (node.kind !== 'list' || node.items.length === 0) {
      this.refuse(key, 'wrong-type', `the axis ${path} must be a list of values`, exampleHint);
      return [];
    }
    const values: ScalarNode[] = [];
    for (const item of node.items) {
      const value = this.#value(path, item);
      if (value === undefined) continue;
      if (values.some((other) => sameValue(other, value))) {
        this.refuse(
          value.place,
          'duplicate-value',
          `the axis ${path} has ${valueText(value)} twice`,
          'Keep one of them.',
        );
      } else values.push(value);
    }
    return values;
  }

  list(name: string, node: DocumentNode | undefined): ListedCell[] {
    if (node === undefined) return [];
    const hint = `For example: ${name}: [{ profile: small, params.lr: 1e-5 }]`;
    if (node.kind !== 'list') {
      this.refuse(node.place, 'wrong-type', `${name} must be a list of cells`, hint);
      return [];
    }
    return node.items.flatMap((item) => this.#cell(item, hint));
  }

  named(node: DocumentNode | undefined): ListedCell[] {
    if (node === undefined) return [];
    const hint = 'For example: cells: { paper: { profile: small, params.lr: 1e-5 } }';
    if (node.kind !== 'map') {
      this.refuse(node.place, 'wrong-type', 'cells must be a mapping of cells by name', hint);
      return [];
    }
    return [...node.entries].flatMap(([name, { key, value }]) => {
      if (!cellName.test(name)) {
        this.refuse(key, 'invalid-name', `"${name}" cannot be the name of a cell`, nameRule(cellName.source));
      }
      return this.#cell(value, hint).map((cell) => ({ ...cell, place: key, name }));
    });
  }

  #cell(node: DocumentNode, hint: string): ListedCell[] {
    if (node.kind !== 'map' || node.entries.size === 0) {
      this.refuse(node.place, 'wrong-type', 'a cell is a mapping of values by axis', hint);
      return [];
    }
    const values = new Map<string, AxisValue>();
    for (const [path, { key, value: item }] of node.entries) {
      const value = this.#value(path, item);
      if (value !== undefined && this.axisName(path, key)) values.set(path, { key, value });
    }
    return [{ place: node.place, values }];
  }

  #value(path: string, node: DocumentNode): ScalarNode | undefined {
    if (node.kind !== 'scalar' || node.value === null || node.value === '') {
      const isEmpty = node.kind === 'scalar';
      const hint = isEmpty
        ? 'Write a value, or remove it.'
        : 'Let the axis choose profiles that set it: profile: [a, b].';
      const message = `a value of the axis ${path} must be a text, a number, true or false, not ${kindText(node)}`;
      this.refuse(node.place, 'wrong-type', message, hint);
      return undefined;
    }
    if (typeof node.value === 'string' && node.value.includes('${')) {
      const message = `a value of the axis ${path} holds a reference`;
      this.refuse(node.place, 'invalid-value', message, 'It names the cell: write the value itself.');
      return undefined;
    }
    return node;
  }
}

/** Equal as the workflow reads them: `1e-5` and `0.00001` are. */
export function sameValue(a: ScalarNode, b: ScalarNode): boolean {
  return a.value === b.value;
}

/** A value as the user wrote it. */
export function valueText(node: ScalarNode): string {
  return node.written ?? String(node.value);
}
