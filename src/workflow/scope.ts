import type { Diagnostic, SourceRange } from '../diagnostics/diagnostic.js';
import { naturalOrder } from '../formats/natural-order.js';
import type { Definition, Named } from './definition.js';
import { keyPlace, type MapNode, nodeAt, type Path, valuePlace } from './document.js';
import { errorAt, suggestion } from './problems.js';
import { rangeOf } from './source-text.js';

/** What resolving one section needs of the others: the names they define, and where things were written. */
export class Scope {
  readonly problems: Diagnostic[] = [];
  readonly warnings: Diagnostic[] = [];
  readonly #root: MapNode;

  constructor(root: MapNode) {
    this.#root = root;
  }

  /** Resolves every definition of a section. In the order of their names: the order of keys changes nothing. */
  section<Raw, Resolved>(
    section: string,
    raw: Named<Raw> | undefined,
    resolve: (definition: Definition, raw: Raw, path: Path) => Resolved,
  ): Map<string, Resolved> {
    const resolved = new Map<string, Resolved>();
    for (const name of Object.keys(raw ?? {}).sort(naturalOrder)) {
      const value = raw![name]!;
      const path = [section, name];
      resolved.set(name, resolve({ name, range: rangeOf(keyPlace(this.#root, path)) }, value, path));
    }
    return resolved;
  }

  /** Names that a section defines. */
  names(section: string): readonly string[] {
    const node = nodeAt(this.#root, [section]);
    return node?.kind === 'map' ? [...node.entries.keys()] : [];
  }

  /** The name at `path`, reported unless `section` defines it. */
  reference(section: string, name: string, path: Path): string {
    const known = this.names(section);
    if (known.includes(name)) return name;
    const hint = known.length === 0 ? `Define it under ${section}:.` : suggestion(name, known);
    this.refuse(path, 'unknown-name', `there is no ${singular(section)} "${name}"`, hint);
    return name;
  }

  /** The same for a name or a list of names. */
  references(section: string, names: string | readonly string[], path: Path): readonly string[] {
    if (typeof names === 'string') return [this.reference(section, names, path)];
    return names.map((name, index) => this.reference(section, name, [...path, String(index)]));
  }

  /** Reports definitions of a section that are made from themselves, each circle once. */
  checkCycles(section: string, parents: (name: string) => readonly string[]): void {
    const finished = new Set<string>();
    for (const start of this.names(section)) {
      // Depth first without recursion: a chain may be thousands long.
      const trail: { readonly name: string; readonly left: string[] }[] = [];
      const enter = (name: string) => trail.push({ name, left: [...parents(name)] });
      if (!finished.has(start)) enter(start);
      while (trail.length > 0) {
        const { name, left } = trail.at(-1)!;
        const next = left.pop();
        if (next === undefined) {
          finished.add(name);
          trail.pop();
          continue;
        }
        const again = trail.findIndex((entry) => entry.name === next);
        if (again >= 0) {
          const circle = [...trail.slice(again).map((entry) => entry.name), next].join(' ← ');
          this.refuse([section, next], 'cyclic-definition', `a ${singular(section)} is made from itself: ${circle}`);
        } else if (!finished.has(next)) enter(next);
      }
    }
  }

  /** Place of the value at `path`. */
  range(path: Path): SourceRange {
    return rangeOf(valuePlace(this.#root, path));
  }

  /** Reports a problem of the value at `path`; a whole definition is shown by its name. */
  refuse(path: Path, code: string, message: string, hint?: string, related?: Diagnostic['related']): void {
    const place = path.length <= 2 ? keyPlace(this.#root, path) : valuePlace(this.#root, path);
    this.problems.push(errorAt(place, { code, message, hint, ...(related && { related }) }));
  }

  /** Warns of the value at `path`. */
  warn(path: Path, code: string, message: string, hint: string): void {
    this.warnings.push({ ...errorAt(valuePlace(this.#root, path), { code, message, hint }), severity: 'warning' });
  }
}

function singular(section: string): string {
  return section.replace(/s$/, '');
}
