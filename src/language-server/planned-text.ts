import { flopText, rangeText } from '../cost/range-text.js';
import { bounded, flopOf } from '../cost/totals.js';
import type { Work } from '../cost/work.js';
import type { LocalEstimate } from '../estimate/local-estimate.js';
import { formatBytes } from '../formats/byte-size.js';
import { definitionsInUse } from '../plan/definitions-in-use.js';
import { modelAncestors } from '../workflow/models/registry.js';
import { subspaceUses } from '../workflow/subspaces/registry.js';
import type { Workflow } from '../workflow/workflow.js';

/** `updates.tuning` */
interface DefinitionName {
  readonly section: string;
  readonly name: string;
}

/** Kinds of outputs, and shapes of one, that are shown. */
const mostShapes = 8;

/** Sections whose definitions a plan has steps or sources of, if something needs them. */
const planned = ['models', 'updates', 'subspaces', 'sweeps', 'metrics'];

/**
 * What the plan has of a definition, a line each: shapes and numbers of rows of what it gives, then its steps with their operations
 * and bytes. Empty of a definition that is only read by others.
 */
export function plannedText({ section, name }: DefinitionName, workflow: Workflow, estimate: LocalEstimate): string {
  const { plan, costs } = estimate;
  const definition = `${section}.${name}`;
  const ids = plan.named.get(definition) ?? [];
  const source = section === 'models' ? [`source[${name}]`] : [];
  const works = costs.steps.filter(({ step }) => ids.includes(step.id));
  const lines = shapeLines([...source, ...ids], costs);
  if (works.length > 0) lines.push(costLine(works));
  const isUnknown =
    plan.deferred.some(({ what }) => what === definition) ||
    ids.some((id) => !costs.outputs.has(id)) ||
    modelsOf({ section, name }, workflow).some((model) => isUnfetched(model, estimate));
  if (isUnknown) lines.push(`${lines.length > 0 ? 'the rest is ' : ''}unknown until fetched`);
  if (lines.length > 0) return lines.join('  \n');
  // Leading and random directions of an update are those of its own decomposition.
  const isUsed = section === 'subspaces' && definitionsInUse(workflow).subspaces.has(name);
  const subspace = isUsed ? workflow.subspaces.get(name) : undefined;
  const { update } = subspace === undefined ? {} : subspaceUses(subspace);
  if (update !== undefined) {
    const ofUpdate = plannedText({ section: 'updates', name: update }, workflow, estimate);
    return `of updates.${update}:  \n${ofUpdate}`;
  }
  return planned.includes(section) ? 'no step: nothing that is measured needs it' : '';
}

/** Models that a definition is made from, itself among them. */
function modelsOf({ section, name }: DefinitionName, workflow: Workflow): readonly string[] {
  const { models, updates, subspaces } = workflow;
  const { from, to } = (section === 'updates' ? updates.get(name) : undefined) ?? {};
  const pending = [section === 'models' ? name : undefined, from, to].filter((one) => one !== undefined);
  const found = new Set<string>();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    pending.push(...modelAncestors(models.get(next)!, updates, subspaces));
  }
  return [...found];
}

function isUnfetched(model: string, { plan, costs }: LocalEstimate): boolean {
  return plan.hub.some(({ kind, name }) => kind === 'model' && name === model) && !costs.outputs.has(`fetch[${model}]`);
}

/** `tensors: 2 × [20, 16], 4 × [16, 16]`, `responses: 24 rows`: outputs of a kind, largest shapes first. */
function shapeLines(nodes: readonly string[], { outputs }: LocalEstimate['costs']): string[] {
  const kinds = new Map<string, Map<string, number>>();
  const rows = new Map<string, number>();
  for (const node of nodes) {
    for (const [output, { tensor, rows: count }] of outputs.get(node) ?? []) {
      const kind = output.startsWith('tensor/') ? 'tensors' : output.replace(/\/.*/s, '');
      if (count !== undefined && Number.isFinite(count)) rows.set(kind, (rows.get(kind) ?? 0) + count);
      if (tensor === undefined) continue;
      const shapes = kinds.get(kind) ?? new Map<string, number>();
      const shape = `[${tensor.shape.join(', ')}]`;
      kinds.set(kind, shapes.set(shape, (shapes.get(shape) ?? 0) + 1));
    }
  }
  const ofTensors = [...kinds].slice(0, mostShapes).map(([kind, shapes]) => {
    const shown = [...shapes]
      .slice(0, mostShapes)
      .map(([shape, count]) => (count === 1 ? shape : `${count} × ${shape}`));
    const more = shapes.size - shown.length;
    return `${kind}: ${shown.join(', ')}${more > 0 ? ` and ${more} more shapes` : ''}`;
  });
  return [...ofTensors, ...[...rows].map(([kind, count]) => `${kind}: ${count} rows`)];
}

/** `12 steps: 1.2 M flop, 3 KiB to disk` */
function costLine(works: readonly { readonly least: Work; readonly most: Work }[]): string {
  const sum = (of: (work: Work) => number) => {
    const ends = (['least', 'most'] as const).map((end) => works.reduce((total, work) => total + of(work[end]), 0));
    return bounded(ends[0]!, ends[1]!);
  };
  const flop = rangeText(sum(flopOf), flopText);
  const stored = rangeText(
    sum(({ stored }) => stored),
    formatBytes,
  );
  return `${works.length} step${works.length === 1 ? '' : 's'}: ${flop} flop, ${stored} to disk`;
}
