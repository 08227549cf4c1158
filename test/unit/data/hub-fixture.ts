import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { Hub } from '../../../src/data/hub.js';
import type { Patience } from '../../../src/data/hub-connection.js';
import { hubSettings } from '../../../src/data/hub-settings.js';
import type { RunflowError } from '../../../src/diagnostics/errors.js';
import { serializeSafetensorsHeader } from '../../../src/formats/safetensors-header.js';
import { HubServer, type ServedFile } from './hub-server.js';

export interface HubContext {
  folder: string;
  server: HubServer;
}

/** A suite whose tests each get a server with the repository `repo` and an empty folder. */
export function hubSuite(name: string): Test<HubContext> {
  const test = suite<HubContext>(name);
  test.before.each(async (context) => {
    context.folder = await mkdtemp(join(tmpdir(), 'runflow-hub-'));
    context.server = await HubServer.start();
    context.server.repositories.set(repo, { revisions: { main: commit }, files });
  });
  test.after.each(async ({ folder, server }) => {
    await server.stop();
    await rm(folder, { recursive: true });
  });
  return test;
}

export const repo = 'lab/tiny';
export const commit = '0123456789abcdef0123456789abcdef01234567';
export const token = 'hf_secretSECRETsecret';
const patience: Partial<Patience> = {
  attempts: 3,
  delayMilliseconds: 5,
  maximumDelayMilliseconds: 1000,
  silenceMilliseconds: 300,
};

function safetensors(names: readonly string[], length: number): Buffer {
  const { head, tensors } = serializeSafetensorsHeader(
    names.map((name) => ({ name, dtype: 'F32', shape: [length] })),
    { format: 'pt' },
  );
  return Buffer.concat([head, ...tensors.map(({ name, bytes }) => Buffer.alloc(bytes, name))]);
}

export const shardNames = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const;
export const files: Readonly<Record<string, ServedFile>> = {
  'config.json': { bytes: Buffer.from('{"model_type":"llama"}') },
  'tokenizer.json': { bytes: Buffer.from('{"model":{}}') },
  'README.md': { bytes: Buffer.from('# tiny') },
  'pytorch_model.bin': { bytes: Buffer.alloc(1000, 1), large: true },
  'onnx/model.onnx': { bytes: Buffer.alloc(1000, 3), large: true },
  'model.gguf': { bytes: Buffer.alloc(1000, 2), large: true },
  'model.safetensors.index.json': {
    bytes: Buffer.from(JSON.stringify({ weight_map: { a: shardNames[0], b: shardNames[1], c: shardNames[1] } })),
  },
  [shardNames[0]]: { bytes: safetensors(['a'], 300_000), large: true },
  [shardNames[1]]: { bytes: safetensors(['b', 'c'], 50_000), large: true },
};
export const neededFiles = ['config.json', ...shardNames, 'model.safetensors.index.json', 'tokenizer.json'];

export function hubOf(
  { folder, server }: HubContext,
  environment: Record<string, string> = {},
  signal?: AbortSignal,
): Hub {
  const settings = hubSettings({ HF_HOME: folder, HF_ENDPOINT: server.endpoint, ...environment });
  return new Hub(settings, { patience, ...(signal && { signal }) });
}

export async function failure<T extends RunflowError>(
  kind: new (message: string) => T,
  run: () => Promise<unknown>,
): Promise<T> {
  try {
    await run();
  } catch (error) {
    assert.instance(error, kind, String(error));
    return error as T;
  }
  return assert.unreachable('no error') as never;
}

/** Every text in a folder tree and every name, to look for secrets in. */
export async function everythingIn(folder: string): Promise<string> {
  const texts: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    texts.push(entry.name);
    if (entry.isFile()) texts.push(await readFile(join(entry.parentPath, entry.name), 'latin1'));
  }
  return texts.join('\n');
}
