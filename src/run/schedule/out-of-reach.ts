import type { Digest } from '../../formats/digest.js';
import type { StepStore } from './step-store.js';
import type { Task } from './task.js';

/**
 * Why a step of others is not done as this host sees it, though there is a record of it: what it brought lies outside the
 * store, where this host does not reach it. Undefined when that is not so.
 */
export function outOfReach({ step }: Task, key: Digest, store: Pick<StepStore, 'host' | 'lookUp'>): string | undefined {
  const found = store.lookUp(key, step.id);
  const file = found.status === 'missing-object' ? found.artifact.at?.file : undefined;
  if (file === undefined) return undefined;
  return `${step.id}: ${store.host} does not reach ${file}: set HF_HOME to a folder that all hosts share`;
}
