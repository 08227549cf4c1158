import { Hub } from '../../data/hub.js';
import { fetchModel } from '../../data/hub-model.js';
import { hubSettings } from '../../data/hub-settings.js';
import { checkpointArtifacts, openCheckpoint } from '../../formats/checkpoint.js';
import { hashRanges } from '../../formats/hash-ranges.js';
import { tensorBytes } from '../../formats/tensor.js';
import type { FetchParams } from '../../steps/fetch.js';
import type { StepContext } from '../step-context.js';

/** Downloads what the cache does not have, checks every header, and hashes every tensor where it lies. */
export async function runFetch(context: StepContext<FetchParams>): Promise<void> {
  const { repo, commit } = context.params;
  const hub = new Hub(hubSettings(process.env), { signal: context.signal });
  const folder = await fetchModel(hub, repo, commit, (progress) =>
    context.progress({ ...progress, unit: 'bytes', note: repo }),
  );
  const checkpoint = await openCheckpoint(folder);
  const total = [...checkpoint.tensors.values()].reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  let done = 0;
  const artifacts = await checkpointArtifacts(checkpoint, (file, ranges) =>
    hashRanges(file, ranges, (bytes) => {
      context.signal.throwIfAborted();
      done += bytes;
      context.progress({ done: Math.min(done, total), total, unit: 'bytes', note: 'hashing' });
    }),
  );
  for (const [output, artifact] of Object.entries(artifacts)) context.reference(output, artifact);
}
