import type { CommandDataset, RawCommandDataset } from './command.js';
import type { HubDataset, RawHubDataset } from './hub.js';
import type { MixDataset, RawMix } from './mix.js';
import type { PathDataset, RawPathDataset } from './path.js';
import type { ProblemsDataset, RawProblems } from './problems.js';
import type { RawVaults, VaultsDataset } from './vaults.js';

/** What the workflow says of each kind of dataset, and what is read from it. */
interface Kinds {
  readonly path: readonly [PathDataset, RawPathDataset];
  readonly hub: readonly [HubDataset, RawHubDataset];
  readonly command: readonly [CommandDataset, RawCommandDataset];
  readonly mix: readonly [MixDataset, RawMix];
  readonly problems: readonly [ProblemsDataset, RawProblems];
  readonly vaults: readonly [VaultsDataset, RawVaults];
}

export type Dataset = Kinds[keyof Kinds][0];
export type RawDataset = Kinds[keyof Kinds][1];
export type DatasetOf<K extends keyof Kinds> = Kinds[K][0];
export type RawDatasetOf<K extends keyof Kinds> = Kinds[K][1];
