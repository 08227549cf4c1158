import { Hub } from '../../data/hub.js';
import type { FetchFiles } from '../../data/hub-model.js';
import { hubSettings } from '../../data/hub-settings.js';
import { type Checkpoint, checkpointArtifacts } from '../../formats/checkpoint.js';
import { hashRanges } from '../../formats/hash-ranges.js';
import { tensorBytes } from '../../formats/tensor.js';
import type { StepContext } from '../step-context.js';

/** Makes the files of a repository the outputs of a step: they stay in the hub's cache. */
export async function referenceFetched(
  context: StepContext<{ readonly repo: string; readonly commit: string }>,
  fetch: FetchFiles,
  open: (folder: string) => Promise<Checkpoint>,
): Promise<void> {
  const { repo, commit } = context.params;
  const hub = new Hub(hubSettings(process.env), { signal: context.signal });
  const folder = await fetch(hub, repo, commit, (progress) =>
    context.progress({ ...progress, unit: 'bytes', note: `fetching ${repo}` }),
  );
  const checkpoint = await open(folder);
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
