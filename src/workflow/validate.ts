import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { type MapNode, type Path, toPlain } from './document.js';
import { loadValidators } from './validators.js';

/** What the schema finds wrong with a workflow, and the definitions that can be read nevertheless. */
export interface Verdict {
  readonly problems: readonly Diagnostic[];
  /** The document without what breaks the schema: whole definitions, or settings of a section without definitions. */
  readonly sound: MapNode;
}

/** Checks a document whose includes, profile and references are already applied. All problems at once. */
export async function validate(root: MapNode): Promise<Verdict> {
  const validators = await loadValidators();
  const document = toPlain(root);
  if (validators.workflow!(document)) return { problems: [], sound: root };
  // Explaining takes the schema itself, which a valid workflow does not pay for.
  const [{ violationsOf }, { describeViolation }] = await Promise.all([
    import('./violations.js'),
    import('./describe-violation.js'),
  ]);
  const found = violationsOf(validators, document);
  const broken = found.filter(({ keyword }) => keyword !== 'additionalProperties').map(({ path }) => path);
  return {
    problems: found.map((violation) => describeViolation(root, violation)),
    sound: broken.reduce((sound, path) => without(sound, path.slice(0, 2)), root),
  };
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
