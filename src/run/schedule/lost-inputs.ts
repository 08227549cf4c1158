import { EnvironmentError } from '../../diagnostics/errors.js';
import type { Artifact, Artifacts } from '../../formats/artifact.js';
import type { Input, Step } from '../../steps/step.js';
import type { Frontier } from './frontier.js';
import type { StepStore } from './step-store.js';
import type { Task } from './task.js';

/** So often the same input of a step is made again. */
const mostRemakes = 2;

/**
 * The steps that must make inputs again, because their bytes are damaged and thrown away. Once one is, all of them are
 * read, so that they are made again together. None when one was made again several times: the disk loses them.
 */
export async function lostInputs(
  { remade, step }: Task,
  { outputs, tasks }: Pick<Frontier, 'outputs' | 'tasks'>,
  store: Pick<StepStore, 'check' | 'has'>,
): Promise<string[]> {
  // What a source has lost no step makes again.
  const producers = () => producersOf(step, outputs, store.has).filter((id) => tasks.has(id));
  if (producers().length === 0) return [];
  for (const artifact of inputsOf(step, outputs)) {
    await store.check(artifact).catch((error: unknown) => {
      // The step meets it by itself.
      if (!(error instanceof EnvironmentError)) throw error;
    });
  }
  const lost = producers();
  for (const producer of lost) remade.set(producer, (remade.get(producer) ?? 0) + 1);
  return lost.some((producer) => remade.get(producer)! > mostRemakes) ? [] : lost;
}

/** The steps that made inputs whose bytes are not there any more. */
function producersOf(
  step: Step,
  outputs: ReadonlyMap<string, Artifacts>,
  has: (artifact: Artifact) => boolean,
): string[] {
  const lost = new Set<string>();
  for (const input of Object.values(step.inputs)) {
    if (!artifactsOf(input, outputs).every(has)) lost.add(input.node);
  }
  return [...lost];
}

/** All artifacts that a step takes. */
export function inputsOf(step: Step, outputs: ReadonlyMap<string, Artifacts>): Artifact[] {
  return Object.values(step.inputs).flatMap((input) => artifactsOf(input, outputs));
}

function artifactsOf({ node, output }: Input, outputs: ReadonlyMap<string, Artifacts>): Artifact[] {
  const all = outputs.get(node) ?? {};
  return output === '*' ? Object.values(all) : [all[output]!];
}
