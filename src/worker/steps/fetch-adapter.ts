import { fetchAdapterFiles } from '../../data/hub-model.js';
import { openAdapter } from '../../formats/adapter/folder.js';
import type { FetchAdapterParams } from '../../steps/fetch-adapter.js';
import type { StepContext } from '../step-context.js';
import { referenceFetched } from './fetched-folder.js';

/** Downloads what the cache does not have, checks config and header, and hashes every tensor where it lies. */
export async function runFetchAdapter(context: StepContext<FetchAdapterParams>): Promise<void> {
  await referenceFetched(context, fetchAdapterFiles, openAdapter);
}
