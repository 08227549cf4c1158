import { Hub } from '../../data/hub.js';
import { fetchDataset } from '../../data/hub-dataset.js';
import { hubSettings } from '../../data/hub-settings.js';
import { hashRanges } from '../../formats/hash-ranges.js';
import type { FetchDatasetParams } from '../../steps/fetch-dataset.js';
import type { StepContext } from '../step-context.js';

/** Downloads what the cache does not have and references every file where it lies, under its path in the repository. */
export async function runFetchDataset(context: StepContext<FetchDatasetParams>): Promise<void> {
  const { repo, commit, rows } = context.params;
  const hub = new Hub(hubSettings(process.env), { signal: context.signal });
  const files = await fetchDataset(hub, repo, commit, rows, (progress) =>
    context.progress({ ...progress, unit: 'bytes', note: `fetching ${repo}` }),
  );
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  for (const { name, file, bytes } of files) {
    const [digest] = await hashRanges(file, [{ offset: 0, bytes }], (part) => {
      context.signal.throwIfAborted();
      done += part;
      context.progress({ done, total, unit: 'bytes', note: 'hashing' });
    });
    context.reference(`file/${name}`, { digest: digest!, bytes, at: { file, offset: 0 } });
  }
}
