import type { contracts, StepKind, StepOf } from '../steps/contracts.js';
import type { ModelRecipe } from '../steps/recipes/registry.js';
import type { Described, DescribedNode, TokenLengths } from './described.js';
import type { Work } from './work.js';

/** Which end of what is not known a cost is for: the least that a step can take, or the most. */
export type End = 'least' | 'most';

/** What of a device decides how a step is carried out. */
export interface DeviceTraits {
  /** The "GPU" is the processor. */
  readonly software: boolean;
  /** Bytes of device memory that may be in use; infinite where the device itself says when it is full. */
  readonly memoryBudget: number;
  /** Bytes that a kernel sees of one buffer. */
  readonly largestBinding: number;
}

/**
 * A number that the user may give because it cannot be known yet: tokens of a row that a model is trained on or whose loss is
 * measured, of a prompt, of a response, and rows of a dataset before `take`.
 */
export type AssumedName = 'row-tokens' | 'prompt-tokens' | 'response-tokens' | `${string}.rows`;

/** Numbers that the user gives. Each is taken for exact. */
export type Assumptions = ReadonlyMap<AssumedName, number>;

/** What is known of a step before it runs, because its data is on this machine or the hub told it. */
export interface KnownStep {
  /** Outputs, as far as they are known. */
  readonly outputs?: DescribedNode;
  /** Lengths of the prompts that it will make. */
  readonly prompts?: TokenLengths;
  /** Characters of the prompts, or of the rows that it reads. */
  readonly characters?: number;
  /** Bytes that come from the hub; what its cache has is not fetched again. */
  readonly fetched?: number;
}

/** A number that cannot be known yet. */
export interface Unknown {
  /** `tokens of a prompt of questions` */
  readonly what: string;
  /** What bounds it, in words: `at most 512 by max-length`. */
  readonly bound: string;
}

/** A step as its cost function sees it. */
export interface CostedStep<Params = unknown, Hints = unknown> {
  readonly id: string;
  /** Place in the workflow that it comes from: `datasets.questions`. */
  readonly origin: string;
  readonly params: Params;
  readonly hints: Partial<Hints>;
  readonly end: End;
  readonly device: DeviceTraits;
  readonly known: KnownStep;
  /** Names of its inputs. */
  readonly inputNames: readonly string[];
  has(input: string): boolean;
  /** A single artifact. */
  input(name: string): Described;
  /** All artifacts of a whole node. */
  inputs(name: string): DescribedNode;
  /** What the user says of a number, which the step then takes. Asked only where it is not known. */
  assumed(name: AssumedName): number | undefined;
  /** Says that the step runs the model of a recipe. @returns whether it is on the device already, from a step before */
  runs(recipe: ModelRecipe): boolean;
  /** Notes that a number is not known; of equal notes one is kept. */
  unknown(what: string, bound: string): void;
}

/** What a step takes, and what it gives to those that follow. */
export interface StepCost {
  readonly work: Work;
  readonly outputs: DescribedNode;
}

type TypesOf<K extends StepKind> = NonNullable<(typeof contracts)[K]['types']>;

export type CostedStepOf<K extends StepKind> = CostedStep<StepOf<K>['params'], TypesOf<K>['hints']>;

/** What a kind of step costs. More of what it is given never costs less: the end `least` is never above the end `most`. */
export type CostOf<K extends StepKind> = (step: CostedStepOf<K>) => StepCost;

/** Chooses by the end of the range. */
export function atEnd({ end }: Pick<CostedStep, 'end'>, least: number, most: number): number {
  return end === 'least' ? least : most;
}
