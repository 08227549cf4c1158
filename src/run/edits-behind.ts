import type { Action } from '../formats/action.js';
import type { Digest } from '../formats/digest.js';
import { sameJson } from '../formats/json.js';
import { askedOf } from '../history/record.js';
import { EditEffects } from '../plan/edit-effects.js';
import type { EditsBehind } from '../plan/explain.js';
import type { Facts } from '../plan/facts.js';
import type { Plan } from '../plan/plan.js';
import type { Outcome } from '../plan/resolve.js';
import type { Step } from '../steps/step.js';
import type { Store } from '../store/store.js';
import { editText } from '../workflow/edits.js';
import { hasMatrix, recordedAs, type Study, type StudyCell } from '../workflow/study.js';
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
  /** Facts of each cell. */
  readonly facts: readonly Facts[];
  readonly steps: readonly Step[];
}

/**
 * What steps that are to run were before, and the edits of the workflow since then that are behind it, by the texts that
 * earlier runs left in the store.
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
  const runs = new Set<string>();
  for (const { id } of prepared.steps) {
    const outcome = outcomes.get(id);
    if (outcome?.status !== 'run' || !['no-action', 'pending'].includes(outcome.why.type)) continue;
    const action = previous(id, outcome.key);
    if (action !== undefined) runs.add(runOf.get(action)!);
    if (runs.size === mostRuns) break;
  }
  const [{ workflow }] = study.cells as [StudyCell];
  // Of a matrix only what the steps themselves tell: an edit may reach some cells and not others.
  const effects = hasMatrix(study)
    ? new Map<string, EditEffects>()
    : await effectsSince(store, workflow, prepared, runs);
  return {
    previous,
    editsBehind(step, action, change) {
      const edits = effects.get(runOf.get(action) ?? '')?.behind(step, change) ?? [];
      return edits.map((edit) => editText(edit, workflow.file));
    },
  };
}

/** Effects of the edits since each run. Runs of one and the same text share theirs; of earlier versions there is no text. */
async function effectsSince(
  store: Store,
  workflow: LoadedWorkflow,
  { plan, facts: [facts], steps }: PreparedSteps,
  runs: Iterable<string>,
): Promise<ReadonlyMap<string, EditEffects>> {
  const effects = new Map<string, EditEffects>();
  const byText = new Map<string, EditEffects>();
  for (const run of runs) {
    const written = askedOf(store, run)?.written;
    if (written === undefined || sameJson(written, workflow.written)) continue;
    const text = JSON.stringify(written);
    let known = byText.get(text);
    if (known === undefined) {
      const [before, after] = [await writtenDocument(written), await writtenDocument(workflow.written)];
      if (before === undefined || after === undefined) continue;
      const asked = (earlier: Workflow) => askedOfWorkflow(earlier, workflow);
      const { file } = workflow;
      known = await EditEffects.of({ before, after, file, facts: facts!, steps, sources: plan.sources, asked });
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
  return { ...earlier, sweeps: new Map(), metrics: new Map(), claims: new Map(), ...exported };
}
