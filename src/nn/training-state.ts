import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError } from '../diagnostics/errors.js';
import { isDiskFull } from '../diagnostics/file-system-error.js';
import { withFile } from '../formats/file-access.js';
import type { JsonObject } from '../formats/json.js';
import { readSafetensorsHeader } from '../formats/safetensors-reader.js';
import { writeSafetensors } from '../formats/safetensors-writer.js';
import type { DeviceBuffer, Gpu } from '../gpu/gpu.js';

const fileName = 'training-state.safetensors';
const partBytes = 64 * 2 ** 20;

/**
 * Writes every buffer, bit for bit, and `position` into one file that appears whole or not at all, in place of the one
 * before.
 * @throws EnvironmentError when the disk is full; the state before stays.
 */
export async function saveTrainingState(
  gpu: Gpu,
  folder: string,
  buffers: ReadonlyMap<string, DeviceBuffer>,
  position: JsonObject,
): Promise<void> {
  const tensors = [...buffers].map(([name, { bytes }]) => ({ name, dtype: 'U8' as const, shape: [bytes] }));
  async function* parts({ name }: { readonly name: string }): AsyncGenerator<Uint8Array> {
    const buffer = buffers.get(name)!;
    for (let at = 0; at < buffer.bytes; at += partBytes) {
      yield new Uint8Array(await gpu.read(buffer, at, Math.min(partBytes, buffer.bytes - at)));
    }
  }
  try {
    await writeSafetensors(join(folder, fileName), tensors, parts, { position: JSON.stringify(position) });
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    const needed = tensors.reduce((sum, { shape }) => sum + shape[0]!, 0);
    throw new EnvironmentError(`The disk is full: the training state of ${needed} bytes does not fit into ${folder}`, {
      cause: error,
      hint: 'Free space or move the store (`--store`); the run goes on from the state before.',
    });
  }
}

/**
 * Puts a saved state back into the buffers. @returns its position, or nothing when there is no state or it is of other
 * buffers (an older version's): training then starts from the beginning.
 */
export async function loadTrainingState(
  gpu: Gpu,
  folder: string,
  buffers: ReadonlyMap<string, DeviceBuffer>,
): Promise<JsonObject | undefined> {
  const file = join(folder, fileName);
  if (!(await exists(file))) return undefined;
  const { tensors, metadata } = await readSafetensorsHeader(file);
  const stored = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const position = metadata.get('position');
  const fits = [...buffers].every(([name, { bytes }]) => stored.get(name)?.bytes === bytes);
  if (!fits || stored.size !== buffers.size || position === undefined) {
    await rm(file);
    return undefined;
  }
  await withFile(file, async (handle) => {
    for (const [name, buffer] of buffers) {
      const { offset } = stored.get(name)!;
      for (let at = 0; at < buffer.bytes; at += partBytes) {
        const part = new Uint8Array(Math.min(partBytes, buffer.bytes - at));
        await handle.read(part, 0, part.length, offset + at);
        gpu.write(buffer, part, at);
      }
    }
  });
  return JSON.parse(position) as JsonObject;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
