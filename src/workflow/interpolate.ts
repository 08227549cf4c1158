import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import { isRooted } from '../formats/user-path.js';
import { childOf, type DocumentNode, folderOf, type MapEntry, type MapNode, type ScalarNode } from './document.js';
import { errorAt } from './problems.js';
import { isSetting, rangeOf } from './source-text.js';

/** Bounds on what references may make of a text that is itself bounded. */
const bounds = { path: 200, chain: 100, scalar: 4096, total: 1_000_000 } as const;

/**
 * Replaces every `${a.b}` by the scalar at that place. A scalar that is nothing but one reference takes over the type of
 * what it refers to; elsewhere the value is put in as it was written (`1.10` stays `1.10`). `$${` stands for a literal
 * `${`. There is no other syntax. Every scalar keeps the folder of the text that gives its first character.
 */
export function interpolate(root: MapNode): {
  readonly root: MapNode;
  readonly problems: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
} {
  const interpolation = new Interpolation(root);
  const interpolated = interpolation.map(root);
  return { root: interpolated, problems: interpolation.problems, warnings: interpolation.unusedSettings() };
}

class Interpolation {
  readonly problems: Diagnostic[] = [];
  readonly #root: MapNode;
  readonly #done = new Map<ScalarNode, ScalarNode | undefined>();
  /** What is referred to. */
  readonly #used = new Set<ScalarNode>();
  /** References being followed, outermost first. */
  readonly #open: { readonly path: string; readonly node: ScalarNode }[] = [];
  #characters = 0;

  constructor(root: MapNode) {
    this.#root = root;
  }

  map(node: MapNode): MapNode {
    const entries = new Map<string, MapEntry>();
    for (const [key, { key: place, value }] of node.entries) entries.set(key, { key: place, value: this.#node(value) });
    return { ...node, entries };
  }

  /** Parameters that --set gives and nothing refers to: whoever set one expects that something changes. */
  unusedSettings(): Diagnostic[] {
    const params = this.#root.entries.get('params')?.value;
    if (params?.kind !== 'map') return [];
    return [...params.entries].flatMap(([name, { key, value }]) => {
      if (!isSetting(value.place) || value.kind !== 'scalar' || this.#used.has(value)) return [];
      const message = `params.${name} is set, and nothing refers to it`;
      return [{ severity: 'warning', code: 'unused-setting', message, range: rangeOf(key) } as const];
    });
  }

  #node(node: DocumentNode): DocumentNode {
    if (node.kind === 'map') return this.map(node);
    if (node.kind === 'list') return { ...node, items: node.items.map((item) => this.#node(item)) };
    return this.#scalar(node) ?? node;
  }

  /** Undefined after a problem, which is reported once however often the scalar is referred to. */
  #scalar(node: ScalarNode): ScalarNode | undefined {
    if (typeof node.value !== 'string' || !node.value.includes('${')) return node;
    if (!this.#done.has(node)) this.#done.set(node, this.#expand(node, node.value));
    return this.#done.get(node);
  }

  #expand(node: ScalarNode, text: string): ScalarNode | undefined {
    const whole = text.match(/^\$\{([^{}]*)\}$/)?.[1];
    if (whole !== undefined) {
      const target = this.#follow(node, whole);
      return (
        target && { ...target, place: node.place, origin: target.origin ?? target.place, folder: folderOf(target) }
      );
    }
    let failed = false;
    let expanded = '';
    let from = 0;
    const facts: { folder?: string; inner?: string } = {};
    for (const { 0: match, 1: path, index } of text.matchAll(/\$\$\{|\$\{(?:([^{}]*)\})?/g)) {
      expanded += text.slice(from, index);
      from = index + match.length;
      if (match === '$${') {
        expanded += '${';
        continue;
      }
      const target = path === undefined ? undefined : this.#follow(node, path);
      failed ||= target === undefined;
      if (path === undefined) {
        this.#refuse(node, 'invalid-reference', 'a reference is not closed', 'Write $${ for a literal "${".');
      }
      if (target === undefined) continue;
      const piece = target.written ?? String(target.value);
      const inner = target.inner ?? (/[/\\]$/.test(expanded) && isRooted(piece) ? piece : undefined);
      if (expanded === '' && piece !== '') facts.folder = folderOf(target);
      if (inner !== undefined) facts.inner = inner;
      expanded += piece;
      if (expanded.length > bounds.scalar) break;
    }
    if (failed) return undefined;
    expanded += text.slice(from);
    this.#characters += expanded.length;
    if (expanded.length > bounds.scalar || this.#characters > bounds.total) {
      this.#refuse(node, 'too-large', `references make this longer than ${bounds.scalar} characters`);
      return undefined;
    }
    return { ...node, ...facts, value: expanded };
  }

  #follow(from: ScalarNode, path: string): ScalarNode | undefined {
    if (path.length > bounds.path) {
      this.#refuse(from, 'invalid-reference', `a reference is longer than ${bounds.path} characters`);
      return undefined;
    }
    let target: DocumentNode = this.#root;
    const segments = path.split('.');
    for (const [depth, segment] of segments.entries()) {
      const child = childOf(target, segment);
      if (child === undefined) {
        this.#unknown(from, path, segments.slice(0, depth), target);
        return undefined;
      }
      target = child;
    }
    if (target.kind !== 'scalar' || target.value === null) {
      const what = target.kind === 'map' ? 'a mapping' : target.kind === 'list' ? 'a list' : 'nothing';
      const hint = target.kind === 'scalar' ? 'Give it a value, in quotes if it is the text "null".' : undefined;
      this.#refuse(from, 'invalid-reference', `\${${path}} is ${what}; only single values can be referred to`, hint);
      return undefined;
    }
    const start = this.#open.findIndex(({ node }) => node === target);
    if (start >= 0) {
      const chain = [...this.#open.slice(start).map((open) => open.path), path].join(' → ');
      this.#refuse(from, 'cyclic-reference', `references go round in a circle: ${chain}`);
      return undefined;
    }
    if (this.#open.length >= bounds.chain) {
      this.#refuse(from, 'cyclic-reference', `a chain of more than ${bounds.chain} references`);
      return undefined;
    }
    this.#used.add(target);
    this.#open.push({ path, node: target });
    const value = this.#scalar(target);
    this.#open.pop();
    return value;
  }

  /** `parent`: the last part of the path that exists, at `before`. */
  #unknown(from: ScalarNode, path: string, before: readonly string[], parent: DocumentNode): void {
    const names = parent.kind === 'map' ? [...parent.entries.keys()].map((name) => [...before, name].join('.')) : [];
    const given = path
      .split('.')
      .slice(0, before.length + 1)
      .join('.');
    const meant = nearest(given, names);
    const hint = path.startsWith('params.') ? 'Define it under params:.' : 'Refer to a parameter as params.NAME.';
    const message = `\${${path}} refers to nothing`;
    this.#refuse(from, 'unknown-reference', message, meant === undefined ? hint : didYouMean(given, meant));
  }

  #refuse(node: ScalarNode, code: string, message: string, hint?: string): void {
    this.problems.push(errorAt(node.place, { code, message, hint }));
  }
}
