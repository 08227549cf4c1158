import type { TokenizerFiles } from '../../data/tokenizer-config.js';
import { DataError } from '../../diagnostics/errors.js';
import type { Artifact } from '../../formats/artifact.js';
import { maximumTokenizerBytes, tokenizerFileNames } from '../../formats/tokenizer-files.js';
import type { StepContext } from '../step-context.js';

/**
 * Reads the tokenizer files of a model.
 * @param artifactOf undefined for a file that the model does not have
 * @throws DataError when one is too large to be what its name says
 */
export async function readTokenizerFiles(
  context: Pick<StepContext, 'read'>,
  artifactOf: (name: (typeof tokenizerFileNames)[number]) => Artifact | undefined,
): Promise<TokenizerFiles> {
  const files: Partial<Record<(typeof tokenizerFileNames)[number], Uint8Array>> = {};
  for (const name of tokenizerFileNames) {
    const artifact = artifactOf(name);
    if (artifact === undefined) continue;
    if (artifact.bytes > maximumTokenizerBytes) {
      throw new DataError(
        `${artifact.at?.file ?? name}: ${artifact.bytes} bytes, more than the ${maximumTokenizerBytes} that a tokenizer file may have`,
        { hint: 'Download the file again.' },
      );
    }
    files[name] = await context.read(artifact);
  }
  return files;
}
