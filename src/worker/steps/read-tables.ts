import type { Digest } from '../../formats/digest.js';
import type { StepContext } from '../step-context.js';

/** Result files that are inputs of a step, by name: their texts and digests. */
export async function readTables(
  context: StepContext,
  names: readonly string[],
): Promise<{ readonly files: ReadonlyMap<string, string>; readonly digests: ReadonlyMap<string, Digest> }> {
  const files = new Map<string, string>();
  const digests = new Map<string, Digest>();
  for (const name of names) {
    const artifact = context.input(name);
    files.set(name, new TextDecoder().decode(await context.read(artifact)));
    digests.set(name, artifact.digest);
  }
  return { files, digests };
}
