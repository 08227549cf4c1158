import { isAbsolute, sep } from 'node:path';

/** Whether a name, with `/` between its parts, is of something below whichever folder it is read in, on every system. */
export function isInnerName(name: string): boolean {
  return !/[\\\0]/.test(name) && name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/**
 * Whether a path is that of a folder or lies below it.
 * @param way from the folder to the path, as `relative` gives it
 */
export function staysInside(way: string): boolean {
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
