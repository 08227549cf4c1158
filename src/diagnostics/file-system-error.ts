/** `ENOENT`, `ENOSPC`, …; undefined for whatever is not a failed system call. */
export function errorCode(error: unknown): string | undefined {
  const failed = error as Partial<NodeJS.ErrnoException> | null | undefined;
  return failed?.syscall === undefined ? undefined : failed.code;
}

/** No room is left: on the disk, or of what the user may take of it. */
export function isDiskFull(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota on this disk is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  ENOTDIR: 'a file is in the way of a folder',
  EEXIST: 'a file is in the way of a folder',
  EISDIR: 'a folder is in the way of a file',
  ENAMETOOLONG: 'a name in it is too long for the file system',
  ENOENT: 'the file system takes no new folder there',
  ELOOP: 'its links lead in a circle',
  EIO: 'the disk does not read or write as it should',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open on this machine',
};

/** Why nothing can be written, in words, with the system's own code; undefined for what is no such failure. */
export function writeFailure(error: unknown): string | undefined {
  const code = errorCode(error);
  if (code === undefined || reasons[code] === undefined) return undefined;
  return `${reasons[code]} (${code})`;
}
