import { resolve } from 'node:path';
import type { WorkflowFiles } from '../../../src/workflow/files.js';

/** A disk that holds these texts: relative path → text. `links`: symbolic links, relative path → absolute target. */
export function memoryFiles(
  texts: Readonly<Record<string, string | Uint8Array>>,
  links: Readonly<Record<string, string>> = {},
): WorkflowFiles {
  const files = new Map(Object.entries(texts).map(([name, text]) => [resolve(name), text]));
  const targets = new Map(Object.entries(links).map(([name, target]) => [resolve(name), target]));
  return {
    read(file, limit) {
      const text = files.get(targets.get(file) ?? file);
      if (text === undefined) return { problem: 'no such file' };
      const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
      return { bytes: bytes.subarray(0, limit) };
    },
    realPath: (file) => targets.get(file) ?? file,
    list: (folder) =>
      [...files.keys()].filter((file) => resolve(file, '..') === folder).map((file) => file.slice(folder.length + 1)),
  };
}
