import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { renderDiagnostics } from '../../../src/diagnostics/render.js';
import { digestOf } from '../../../src/formats/digest.js';
import { loadStudy } from '../../../src/workflow/load.js';
import { shippedWorkflows } from '../workflow/shipped-files.js';
import { everyDefinition } from './every-definition.js';
import { type Keyed, keysOfWorkflow, workflowOf } from './keyed-plan.js';

/** Of a workflow, by step kind: how many steps there are, and a digest of their ids and keys. */
type KeysByKind = Readonly<Record<string, string>>;

/** The keys of all steps of the shipped workflows and examples, and of a workflow with every kind of definition. */
export async function referenceKeys(): Promise<Readonly<Record<string, KeysByKind>>> {
  const keys: Record<string, KeysByKind> = {
    'every definition': byKind(keysOfWorkflow(await workflowOf(everyDefinition))),
    'every definition, reference': byKind(
      keysOfWorkflow(await workflowOf(everyDefinition, { semantics: 'reference' })),
    ),
  };
  for (const file of shippedWorkflows()) {
    const loaded = await loadStudy(file, {});
    if (!loaded.ok) throw new Error(renderDiagnostics(loaded.diagnostics));
    for (const { label, workflow } of loaded.value.cells) {
      keys[[basename(file), label].filter((part) => part !== '').join(' ')] = byKind(keysOfWorkflow(workflow));
    }
  }
  return keys;
}

export const referenceKeysFile = new URL('../../../../test/fixtures/plan/keys.json', import.meta.url);

export function recordedKeys(): Readonly<Record<string, KeysByKind>> {
  return JSON.parse(readFileSync(referenceKeysFile, 'utf8'));
}

function byKind(keyed: ReadonlyMap<string, Keyed>): KeysByKind {
  const lines = new Map<string, string[]>();
  for (const [id, { step, key }] of keyed) lines.set(step.kind, [...(lines.get(step.kind) ?? []), `${id} ${key}`]);
  return Object.fromEntries(
    [...lines]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([kind, all]) => [kind, `${all.length} ${digestOf(all.sort().join('\n')).slice(7, 27)}`]),
  );
}
