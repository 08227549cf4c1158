import { diskFiles, type WorkflowFiles } from '../workflow/files.js';

/** The disk as the editor shows it: texts of open files, by absolute path, in place of what is saved. */
export function openFiles(texts: ReadonlyMap<string, string>, disk: WorkflowFiles = diskFiles): WorkflowFiles {
  return {
    ...disk,
    read(file, limit) {
      const text = texts.get(file);
      return text === undefined ? disk.read(file, limit) : { bytes: Buffer.from(text).subarray(0, limit) };
    },
  };
}
