import type { contracts, StepKind, StepOf } from '../steps/contracts.js';
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

/** What the user says of numbers that cannot be known yet. Each is taken for exact. */
export interface Assumptions {
  /** Tokens of a row that a model is trained on or whose loss is measured, of a prompt, and of a response. */
  readonly rowTokens?: number;
  readonly promptTokens?: number;
  readonly responseTokens?: number;
  /** Number of rows by dataset, before `take`. */
  readonly rows: ReadonlyMap<string, number>;
}

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
  readonly params: Params;
  readonly hints: Partial<Hints>;
  readonly end: End;
  readonly device: DeviceTraits;
  readonly assumed: Assumptions;
  readonly known: KnownStep;
  /** Names of its inputs. */
  readonly inputNames: readonly string[];
  has(input: string): boolean;
  /** A single artifact. */
  input(name: string): Described;
  /** All artifacts of a whole node. */
  inputs(name: string): DescribedNode;
  /** Whether the model that it runs is on the device already, from the step before. */
  readonly modelIsResident: boolean;
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

/** What a kind of step costs. More of what it is given never costs less, so that both ends of a range are bounds. */
export type CostOf<K extends StepKind> = (step: CostedStepOf<K>) => StepCost;

/** Chooses by the end of the range. */
export function atEnd({ end }: Pick<CostedStep, 'end'>, least: number, most: number): number {
  return end === 'least' ? least : most;
}
