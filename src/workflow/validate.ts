import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { type MapNode, nodeAt, type Path, replaceAt, toPlain } from './document.js';
import { isSetting } from './source-text.js';
import { loadValidators } from './validators.js';
import type { Violation } from './violations.js';

/** What the schema finds wrong with a workflow, and the definitions that can be read nevertheless. */
export interface Validation {
  readonly problems: readonly Diagnostic[];
  /** The document, with texts where the schema wants a text. */
  readonly root: MapNode;
  /** The same without what breaks the schema: whole definitions, or settings of a section without definitions. */
  readonly sound: MapNode;
}

/** Checks a document whose includes, profile and references are already applied. All problems at once. */
export async function validate(document: MapNode): Promise<Validation> {
  const validators = await loadValidators();
  if (validators.workflow!(toPlain(document))) return { problems: [], root: document, sound: document };
  // Explaining takes the schema itself, which a valid workflow does not pay for.
  const [{ violationsOf }, { describeViolation }] = await Promise.all([
    import('./violations.js'),
    import('./describe-violation.js'),
  ]);
  const root = withTexts(document, violationsOf(validators, toPlain(document)));
  const found = violationsOf(validators, toPlain(root));
  const broken = found.filter(({ keyword }) => keyword !== 'additionalProperties').map(({ path }) => path);
  return {
    problems: found.map((violation) => describeViolation(root, violation)),
    root,
    sound: broken.reduce((sound, path) => without(sound, path.slice(0, 2)), root),
  };
}

/**
 * Where the schema takes a text and no number, a number or truth value that came by a reference or by --set, which
 * know no types, is the text that was written.
 */
function withTexts(root: MapNode, violations: readonly Violation[]): MapNode {
  return violations.reduce((changed, { keyword, params, path }) => {
    const takesText = keyword === 'type' && String(params.type).split(',').includes('string');
    const node = takesText ? nodeAt(changed, path) : undefined;
    if (node?.kind !== 'scalar' || node.written === undefined) return changed;
    if (node.origin === undefined && !isSetting(node.place)) return changed;
    return replaceAt(changed, path, { ...node, value: node.written }) as MapNode;
  }, root);
}

function without(root: MapNode, path: Path): MapNode {
  const [key, ...below] = path;
  const entry = key === undefined ? undefined : root.entries.get(key);
  if (key === undefined || entry === undefined) return root;
  const entries = new Map(root.entries);
  if (entry.value.kind !== 'map' || below.length === 0) entries.delete(key);
  else entries.set(key, { ...entry, value: without(entry.value, below) });
  return { ...root, entries };
}
