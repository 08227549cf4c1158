import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { EnvironmentError } from '../diagnostics/errors.js';
import { writeFailure } from '../diagnostics/file-system-error.js';
import { makeFolder } from '../formats/make-folder.js';
import { renameSynced, syncFolder, writeSynced } from '../formats/replace-file.js';

/** Files of an unpacked SwiftShader: the driver manifest for the Vulkan loader, and a loader for machines without one. */
export interface SwiftShader {
  readonly manifest: string;
  readonly loader: string;
}

const members = ['libvk_swiftshader.so', 'vk_swiftshader_icd.json', 'libvulkan.so.1'];

/** The archive inside the optional dependency `@sparticuz/chromium`, or undefined when that is not installed or not for this platform. */
function findArchive(): { file: string; packageFolder: string } | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  try {
    const entry = fileURLToPath(import.meta.resolve('@sparticuz/chromium'));
    const packageFolder = path.resolve(path.dirname(entry), '..', '..');
    const file = path.join(packageFolder, 'bin', 'swiftshader.tar.br');
    return existsSync(file) ? { file, packageFolder } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Unpacks SwiftShader once into `<cacheFolder>/swiftshader-<version>`. The folder appears by one rename, so that a killed
 * process leaves nothing half-unpacked behind and two processes may race.
 * @returns undefined when the optional dependency is not installed or has no build for this platform.
 * @throws EnvironmentError when the cache folder cannot be written.
 */
export async function unpackSwiftShader(cacheFolder: string): Promise<SwiftShader | undefined> {
  const archive = findArchive();
  if (archive === undefined) return undefined;
  const { version } = JSON.parse(await readFile(path.join(archive.packageFolder, 'package.json'), 'utf8')) as {
    version: string;
  };
  const folder = path.join(cacheFolder, `swiftshader-${version}`);
  const unpacked = { manifest: path.join(folder, members[1]!), loader: path.join(folder, members[2]!) };
  if (existsSync(unpacked.manifest)) return unpacked;
  const tar = await promisify(brotliDecompress)(await readFile(archive.file));
  try {
    await makeFolder(cacheFolder);
    const temporary = await mkdtemp(`${folder}.`);
    try {
      for (const [name, bytes] of tarMembers(tar)) {
        if (members.includes(name)) await writeSynced(path.join(temporary, name), bytes, { mode: 0o755 });
      }
      await syncFolder(temporary);
      await renameSynced(temporary, folder);
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      if (!existsSync(unpacked.manifest)) throw error;
    }
  } catch (error) {
    throw new EnvironmentError(
      `The software GPU cannot be unpacked into ${cacheFolder}: ${writeFailure(error) ?? (error as Error).message}`,
      {
        hint: 'Make the folder writable, or set XDG_CACHE_HOME to one that is.',
        cause: error,
      },
    );
  }
  return unpacked;
}

/** Regular files of a POSIX ustar archive: 512-byte headers with the name at 0, the octal size at 124 and the type at 156. */
function* tarMembers(tar: Buffer): Generator<[name: string, bytes: Buffer]> {
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const name = tar.toString('latin1', at, at + 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 136), 8);
    const type = String.fromCharCode(tar[at + 156]!);
    if (type === '0' || type === '\0') yield [name, tar.subarray(at + 512, at + 512 + size)];
    at += 512 + Math.ceil(size / 512) * 512;
  }
}
