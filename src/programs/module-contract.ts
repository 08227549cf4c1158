import type { Json, JsonObject } from '../formats/json.js';

/** Folders and rows that a workflow gives to a module by its `inputs`, by name. */
export interface ModuleInputs {
  /** Absolute: Hugging Face folders. */
  readonly models: Readonly<Record<string, string>>;
  readonly datasets: Readonly<Record<string, readonly JsonObject[]>>;
}

/** A response of the model that a metric scores. */
export interface ModuleResponse {
  /** Number of the item, from 0 on. */
  readonly item: number;
  readonly prompt: string;
  /** The text that the model was given. */
  readonly given: string;
  readonly response: string;
  readonly row: JsonObject;
}

/** What a metric `takes`, and its `inputs`. */
export interface MetricInputs extends ModuleInputs {
  /** Absolute: the model that is scored. Absent: the metric does not take it. */
  readonly model?: string;
  readonly rows?: readonly JsonObject[];
  readonly responses?: readonly ModuleResponse[];
}

/** A score, or null for an item that has none; an object gives several scores by name, and what else is to be kept. */
export type ItemScore = number | null | Readonly<Record<string, Json>>;

/** The default export of a metric's module: scores of the items, in their order; without `on` of items of its own. */
export type MetricModule = (given: MetricInputs) => readonly ItemScore[] | Promise<readonly ItemScore[]>;

/** The default export of a dataset's module: its rows. */
export type DatasetModule = (
  given: ModuleInputs,
) => Iterable<JsonObject> | AsyncIterable<JsonObject> | Promise<Iterable<JsonObject>>;
