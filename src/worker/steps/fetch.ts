import { fetchModel } from '../../data/hub-model.js';
import { openCheckpoint } from '../../formats/checkpoint.js';
import type { FetchParams } from '../../steps/fetch.js';
import type { StepContext } from '../step-context.js';
import { referenceFetched } from './fetched-folder.js';

/** Downloads what the cache does not have, checks every header, and hashes every tensor where it lies. */
export async function runFetch(context: StepContext<FetchParams>): Promise<void> {
  const { names } = context.params;
  await referenceFetched(context, fetchModel, (folder) => openCheckpoint(folder, names));
}
