import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DataError, InvalidWorkflowError } from '../diagnostics/errors.js';
import { adapterConfigFile, parseAdapterConfig } from '../formats/adapter/config.js';
import { openAdapter } from '../formats/adapter/folder.js';
import type { Artifacts } from '../formats/artifact.js';
import { type Checkpoint, checkpointArtifacts, openCheckpoint } from '../formats/checkpoint.js';
import { missingPathHint, readSmallFile } from '../formats/file-access.js';
import { hasTiedEmbeddings, parseModelConfig } from '../formats/model-config.js';
import type { NamePrefixes } from '../formats/tensor-names.js';
import { parseTokenTexts, tokenTextsFile } from '../formats/token-texts.js';
import { maximumTokenizerBytes } from '../formats/tokenizer-files.js';
import type { ModelFacts, TensorFacts, TokenTexts } from '../plan/facts.js';
import type { Store } from '../store/store.js';
import type { Definition } from '../workflow/definition.js';

/** A model that the user has already, as a folder, or whose adapter it is. */
export type LocalModel = Definition & {
  readonly path: string;
  readonly holds?: 'adapter';
  readonly names?: NamePrefixes;
};

/** Reads the headers of a model folder, not its data. @throws InvalidWorkflowError, DataError that name the model */
export async function openModel(model: LocalModel): Promise<Checkpoint> {
  if (!existsSync(model.path)) {
    throw new InvalidWorkflowError([
      {
        severity: 'error',
        code: 'missing-path',
        message: `model ${model.name}: there is no folder ${model.path}`,
        range: model.range,
        hint: `Paths are relative to the file that gives their beginning. ${await missingPathHint(model.path)}`,
      },
    ]);
  }
  try {
    return await (model.holds === 'adapter' ? openAdapter(model.path) : openCheckpoint(model.path, model.names));
  } catch (error) {
    throw ofModel(error, model);
  }
}

/** Digests of all tensors and companion files; remembered by the store, so that data is read once. */
export async function hashModel(
  model: LocalModel,
  checkpoint: Checkpoint,
  store: Store,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (bytes: number) => void },
): Promise<Artifacts> {
  try {
    return await checkpointArtifacts(checkpoint, (file, ranges) => store.files.hash(file, ranges, options));
  } catch (error) {
    throw ofModel(error, model);
  }
}

/** What the planner must know of a model folder. */
export function factsOfCheckpoint({ tensors, tied, companions, unread, leftOut, adapter }: Checkpoint): ModelFacts {
  const files = new Set(companions.keys());
  return { tensors, tied, unread, files, ...(leftOut && { leftOut }), ...(adapter && { adapter }) };
}

/** Tokens by id of a model folder; undefined where it has no tokenizer.json. @throws DataError that names the model */
export async function tokensOfFolder(model: LocalModel, checkpoint: Checkpoint): Promise<TokenTexts | undefined> {
  if (!checkpoint.companions.has(tokenTextsFile)) return undefined;
  const file = join(checkpoint.folder, tokenTextsFile);
  try {
    return parseTokenTexts(await readSmallFile(file, maximumTokenizerBytes), file);
  } catch (error) {
    throw ofModel(error, model);
  }
}

/** The same of a model that a step has made or fetched. @param withTokens whether something must know its tokens by id */
export async function factsOfArtifacts(artifacts: Artifacts, store: Store, withTokens = false): Promise<ModelFacts> {
  const tokenizer = artifacts[`file/${tokenTextsFile}`];
  const facts = await factsWithoutTokens(artifacts, store);
  if (!withTokens || tokenizer === undefined) return facts;
  return { ...facts, tokens: parseTokenTexts(await store.read(tokenizer), tokenTextsFile) };
}

async function factsWithoutTokens(artifacts: Artifacts, store: Store): Promise<ModelFacts> {
  const tensors = new Map<string, TensorFacts>();
  for (const [output, { tensor }] of Object.entries(artifacts)) {
    if (output.startsWith('tensor/') && tensor !== undefined) tensors.set(output.slice('tensor/'.length), tensor);
  }
  const outputs = Object.keys(artifacts).filter((output) => output.startsWith('file/'));
  const files = new Set(outputs.map((output) => output.slice('file/'.length)));
  const adapter = artifacts[`file/${adapterConfigFile}`];
  if (adapter !== undefined) {
    const config = parseAdapterConfig(await store.read(adapter), adapterConfigFile);
    return { tensors, tied: false, files, adapter: config };
  }
  const config = artifacts['file/config.json'];
  if (config === undefined) return { tensors, tied: false, files };
  return {
    tensors,
    files,
    tied: hasTiedEmbeddings(parseModelConfig(Buffer.from(await store.read(config)), 'config.json'), 'config.json'),
  };
}

function ofModel(error: unknown, model: Definition): unknown {
  if (!(error instanceof DataError)) return error;
  const { file, start } = model.range;
  return new DataError(`model ${model.name} (${file}:${start.line}): ${error.message}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  });
}
