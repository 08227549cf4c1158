import { folderOf } from './document.js';
import type { Assignment } from './settings.js';
import { cellName, SourceText } from './source-text.js';
import type { WrittenValue } from './workflow.js';

/** The value of a cell as it is recorded, without its place. */
export function writtenValue({ path, value: node }: Assignment): WrittenValue {
  const { value, written } = node;
  // A matrix has no cell without a value on its axis.
  return { path, value: value!, ...(written === undefined ? {} : { written }), folder: folderOf(node) };
}

/** The same as what is put into a workflow again. Places call it the matrix. */
export function assignmentOf({ path, value, written, folder }: WrittenValue): Assignment {
  const text = `${path}=${written ?? value}`;
  const source = new SourceText(cellName, folder, text);
  const place = { source, start: path.length + 1, end: text.length };
  const node = { kind: 'scalar', value, place, ...(written === undefined ? {} : { written }) } as const;
  return { path, key: { source, start: 0, end: path.length }, value: node };
}
