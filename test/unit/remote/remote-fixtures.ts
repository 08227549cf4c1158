import type { Action } from '../../../src/formats/action.js';
import type { Artifacts } from '../../../src/formats/artifact.js';
import { keyOf } from '../../../src/plan/key.js';
import { Store } from '../../../src/store/store.js';
import { actionOf, temporaryFolder } from '../store/temporary-store.js';

/** The record of a step, under the key that all it says of the step leads to. */
export function recordOf(name: string, outputs: Artifacts, more: Partial<Action> = {}): Action {
  const action = actionOf(name, outputs, more);
  return { ...action, key: keyOf(action) };
}

/** A store with the records of steps, each with one output of its own. */
export async function storeOf(names: readonly string[]): Promise<{ store: Store; actions: readonly Action[] }> {
  const store = Store.open(temporaryFolder());
  const actions: Action[] = [];
  for (const name of names) {
    const action = recordOf(name, { table: await store.objects.put(`bytes of ${name}`) });
    await store.actions.record(action);
    actions.push(action);
  }
  return { store, actions };
}
