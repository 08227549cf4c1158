import { contracts } from './contracts.js';
import { judge } from './judge.js';
import { isStepOf, type Step } from './step.js';

const fetching: ReadonlySet<string> = new Set(['fetch', 'fetch-dataset', 'fetch-adapter']);

/** Whether a step asks a server: it fetches from the hub, or a judge behind a server. */
export function usesNetwork(step: Step): boolean {
  return fetching.has(step.kind) || (isStepOf(judge, step) && step.hints?.judge !== undefined);
}

/** Whether a step computes on the device. */
export function usesDevice({ kind }: Pick<Step, 'kind'>): boolean {
  return contracts[kind as keyof typeof contracts]?.usesDevice ?? false;
}
