import type { Action } from '../formats/action.js';
import type { Digest } from '../formats/digest.js';
import { sameJson } from '../formats/json.js';
import { askedOf, writtenOfCell } from '../history/record.js';
import type { Change } from '../plan/changes.js';
import { EditEffects } from '../plan/edit-effects.js';
import type { EditsBehind } from '../plan/explain.js';
import type { Facts } from '../plan/facts.js';
import type { CellPlan } from '../plan/merge.js';
import type { Plan } from '../plan/plan.js';
import type { Outcome } from '../plan/resolve.js';
import type { Step } from '../steps/step.js';
import type { Store } from '../store/store.js';
import { editText } from '../workflow/edits.js';
import { recordedAs, type Study } from '../workflow/study.js';
import type { LoadedWorkflow, Workflow } from '../workflow/workflow.js';
import { writtenDocument } from '../workflow/written.js';

/** Earlier runs whose texts are compared with; steps are mostly compared with the newest. */
const mostRuns = 4;

export interface EarlierSteps {
  /** The newest action of a step that has another key. */
  readonly previous: (step: string, key: Digest | undefined) => Action | undefined;
  readonly editsBehind: EditsBehind;
}

interface PreparedSteps {
  readonly plan: Plan;
  /** The plan of each cell alone, and the facts it was made of. */
  readonly cells: readonly (CellPlan & { readonly workflow: LoadedWorkflow; readonly facts: Facts })[];
  readonly steps: readonly Step[];
}

/** A node as the plan of a cell alone calls it. Of a node of several cells this is the first of them. */
interface CellNode {
  /** Index of the cell. */
  readonly cell: number;
  readonly id: string;
}

/**
 * What steps that are to run were before, and the edits of the workflow since then that are behind it, by the texts that
 * earlier runs left in the store. In a matrix a step is compared with the step of the same id, and with its cell as it was.
 */
export async function earlierSteps(
  store: Store,
  study: Study,
  prepared: PreparedSteps,
  outcomes: ReadonlyMap<string, Outcome>,
): Promise<EarlierSteps> {
  const nearest = store.nearestAction(recordedAs(study));
  const runOf = new WeakMap<Action, string>();
  const previous = (step: string, key: Digest | undefined): Action | undefined => {
    const found = nearest(step, key);
    if (found !== undefined) runOf.set(found.action, found.run);
    return found?.action;
  };
  const nodes = cellNodes(prepared.plan);
  const runs = new Set<string>();
  const cells = new Set<number>();
  for (const { id } of prepared.steps) {
    const outcome = outcomes.get(id);
    if (outcome?.status !== 'run' || !['no-action', 'pending'].includes(outcome.why.type)) continue;
    const action = previous(id, outcome.key);
    // A table that joins cells is in none of them.
    const node = nodes.get(id);
    if (action === undefined || node === undefined) continue;
    if (runs.size < mostRuns) runs.add(runOf.get(action)!);
    cells.add(node.cell);
    if (runs.size === mostRuns && cells.size === study.cells.length) break;
  }
  const effects = new Map<number, ReadonlyMap<string, EditEffects>>();
  for (const cell of cells)
    effects.set(cell, await effectsSince(store, prepared, { cell, share: 1 / cells.size }, runs));
  return {
    previous,
    editsBehind(step, action, change) {
      const node = nodes.get(step);
      const known = node === undefined ? undefined : effects.get(node.cell)?.get(runOf.get(action) ?? '');
      const edits = known?.behind(node!.id, changeInCell(change, nodes)) ?? [];
      return edits.map((edit) => editText(edit, study.file));
    },
  };
}

function cellNodes({ cells }: Plan): ReadonlyMap<string, CellNode> {
  const found = new Map<string, CellNode>();
  for (const [cell, { nodes }] of cells.entries()) {
    for (const [id, node] of nodes) if (!found.has(node)) found.set(node, { cell, id });
  }
  return found;
}

/** The change with its input as the plan of the cell calls it. */
function changeInCell(change: Change, nodes: ReadonlyMap<string, CellNode>): Change {
  if (change.what !== 'input' || change.after === undefined) return change;
  const { before, after } = change;
  const node = nodes.get(after.node)?.id ?? after.node;
  const own = { ...change, after: { ...after, node } };
  return before?.node === after.node ? { ...own, before: { ...before, node } } : own;
}

/** Effects of the edits of a cell since each run. Runs of one and the same text share theirs; of earlier versions there is no text. */
async function effectsSince(
  store: Store,
  { plan, cells, steps }: PreparedSteps,
  { cell, share }: { readonly cell: number; readonly share: number },
  runs: Iterable<string>,
): Promise<ReadonlyMap<string, EditEffects>> {
  const effects = new Map<string, EditEffects>();
  const byText = new Map<string, EditEffects>();
  const { workflow, facts, label, plan: own } = cells[cell]!;
  const after = await writtenDocument(workflow.written);
  const { nodes } = plan.cells[cell]!;
  const wanted = new Set(steps.map(({ id }) => id));
  for (const run of runs) {
    const record = askedOf(store, run);
    const written = record && writtenOfCell(record, label);
    if (written === undefined || sameJson(written, workflow.written)) continue;
    const text = JSON.stringify(written);
    let known = byText.get(text);
    if (known === undefined) {
      const before = await writtenDocument(written);
      if (before === undefined || after === undefined) continue;
      const edited = {
        before,
        after,
        file: workflow.file,
        facts,
        steps: own.steps.filter(({ id }) => wanted.has(nodes.get(id)!)),
        sources: own.sources,
        asked: (earlier: Workflow) => askedOfWorkflow(earlier, workflow),
      };
      known = await EditEffects.of(edited, share);
      byText.set(text, known);
    }
    effects.set(run, known);
  }
  return effects;
}

/** An earlier workflow with what is asked of the present one: an export makes what it exports, and measures nothing. */
function askedOfWorkflow(earlier: Workflow, { exports, adapterExport }: LoadedWorkflow): Workflow {
  if (exports === undefined && adapterExport === undefined) return earlier;
  const exported = { ...(exports && { exports }), ...(adapterExport && { adapterExport }) };
  return { ...earlier, sweeps: new Map(), metrics: new Map(), claims: new Map(), steps: new Map(), ...exported };
}
