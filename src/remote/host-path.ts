import { posix, win32 } from 'node:path';

const mostCharacters = 4096;

/** Whether a text of a record can be the path of a file of some host: from its root on, without detours, no share of a network. */
export function isHostPath(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > mostCharacters || value.includes('\0')) return false;
  if (value.startsWith('/')) return !value.startsWith('//') && posix.normalize(value) === value && !value.endsWith('/');
  return /^[A-Za-z]:\\/.test(value) && win32.normalize(value) === value && !value.endsWith('\\');
}
