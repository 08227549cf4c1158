import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { listNames } from '../formats/file-access.js';
import { ProgramError } from './program-error.js';

/** A file that a program has left among its outputs. */
export interface OutputFile {
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
}

/**
 * A declared output: a regular file below the folder of outputs, to which no link leads.
 * @throws ProgramError when it is not there, or is something else
 */
export async function outputFile(program: string, outputs: string, name: string): Promise<OutputFile> {
  let path = outputs;
  await checkFolder(program, outputs, 'outputs');
  const parts = name.split('/');
  for (const part of parts.slice(0, -1)) {
    path = join(path, part);
    await checkFolder(program, path, relative(join(outputs, '..'), path));
  }
  path = join(path, parts.at(-1)!);
  const status = await lstat(path).catch(() => undefined);
  if (status === undefined) {
    const there = await readdir(outputs).catch(() => []);
    throw new ProgramError(`${program} ended without outputs/${name}`, {
      hint: `In outputs/ there is: ${listNames(there)}.`,
    });
  }
  if (!status.isFile()) throw odd(program, name, status.isSymbolicLink() ? 'a link' : 'not a regular file');
  return { path, bytes: status.size };
}

/** Reads an output part by part. @throws ProgramError when it is not a regular file any more */
export async function* readOutput(program: string, { path, bytes }: OutputFile): AsyncGenerator<Uint8Array> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw new ProgramError(`${program}: ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  try {
    const status = await handle.stat();
    if (!status.isFile() || status.size !== bytes) throw odd(program, path, 'not what it was a moment ago');
    for await (const part of handle.createReadStream({ highWaterMark: 4 << 20, autoClose: false })) {
      yield part as Uint8Array;
    }
  } finally {
    await handle.close();
  }
}

/** Names of all regular files below a folder of outputs. @throws ProgramError for anything else than files and folders */
export async function outputNames(program: string, outputs: string, folder: string): Promise<string[]> {
  const root = join(outputs, folder);
  await checkFolder(program, outputs, 'outputs');
  await checkFolder(program, root, `outputs/${folder}`);
  const names: string[] = [];
  const pending = [root];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const entry of await readdir(next, { withFileTypes: true })) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) pending.push(path);
      else if (entry.isFile()) names.push(relative(outputs, path).split(sep).join('/'));
      else throw odd(program, relative(outputs, path), entry.isSymbolicLink() ? 'a link' : 'not a regular file');
    }
  }
  return names.sort();
}

async function checkFolder(program: string, path: string, name: string): Promise<void> {
  const status = await lstat(path).catch(() => undefined);
  if (status?.isDirectory()) return;
  if (status === undefined) throw new ProgramError(`${program} ended without the folder ${name}/`);
  throw odd(program, name.replace(/^outputs\//, ''), status.isSymbolicLink() ? 'a link' : 'not a folder');
}

function odd(program: string, name: string, what: string): ProgramError {
  return new ProgramError(`${program} left outputs/${name}, which is ${what}`, {
    hint: 'Only files that it wrote itself are taken.',
  });
}
