import type { JsonObject } from '../formats/json.js';
import type { Ports } from './ports.js';

/** One edge of the DAG: an output of another step or of a source; `*` takes all its outputs (a whole model). */
export interface Input {
  readonly node: string;
  readonly output: string;
}

/** One cacheable unit of work. A plain frozen value: no disk, clock, environment or device in it. */
export interface Step {
  /** Unique and readable, usable as a target: `svd[alignment,model.layers.0.mlp.up_proj.weight]`. */
  readonly id: string;
  /** What the id begins with, before a `/`: the cell of a matrix that has the step, or what its cells have in common. */
  readonly cell?: string;
  readonly kind: string;
  /** Everything that decides the result and is not an input. Part of the key. */
  readonly params: JsonObject;
  readonly inputs: Readonly<Record<string, Input>>;
  /** How it is done, whatever comes out (how often state is saved): no part of the key. */
  readonly hints?: JsonObject;
  /** Why its key cannot be known, though all of its inputs are. Absent: it can. */
  readonly unknown?: string;
  /** The row of the progress display this step is counted in: `SVD of alignment`. */
  readonly group: string;
  /** Place in the workflow that it comes from, e.g. `subspaces.top-k`; shown in errors, never in the key. */
  readonly origin?: string;
  /** Expected work in any unit that is the same throughout the group; for the time left, never in the key. */
  readonly cost?: number;
}

/**
 * What planner and worker agree on for a kind of step. Params and hints are types, not interfaces, so that they are JSON
 * objects; only what decides the result may stand in the params.
 */
export interface StepContract<Params extends JsonObject = JsonObject, Hints extends JsonObject = JsonObject> {
  readonly kind: string;
  /** Raised whenever the implementation's result changes; part of the key. */
  readonly revision: number;
  /** True when arithmetic runs on the device: the device class is then part of the key. */
  readonly usesDevice: boolean;
  /** It runs the model of its param `model`, which the worker keeps on the device for a next step that runs the same. */
  readonly runsModel?: true;
  readonly inputs: Ports;
  readonly outputs: Ports;
  /** Types for the compiler alone: no contract has it. */
  readonly types?: { readonly params: Params; readonly hints: Hints };
}

/** Hints of a kind that takes none. */
export type NoHints = { readonly [name: string]: never };

/** A kind of step: what it takes and gives. The worker's table names what implements it. */
export function defineStep<Params extends JsonObject, Hints extends JsonObject = NoHints>(
  contract: Omit<StepContract<Params, Hints>, 'types'>,
): StepContract<Params, Hints> {
  return contract;
}

/** Whether a step is of the kind of a contract; its params and hints have their types then. */
export function isStepOf<Params extends JsonObject, Hints extends JsonObject>(
  contract: StepContract<Params, Hints>,
  step: Step,
): step is Step & { readonly params: Params; readonly hints?: Hints } {
  return step.kind === contract.kind;
}
