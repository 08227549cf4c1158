import { basename } from 'node:path';
import { type DocumentNode, type MapNode, nodeAt, toPlain } from '../workflow/document.js';
import { rangeOf } from '../workflow/source-text.js';
import { type Naming, placeOf } from './names.js';

/** Lines of a definition that are shown. */
const mostLines = 12;

/** What a name stands for, as markdown: its definition as it is written, and where. */
export function hoverText(named: Exclude<Naming, { readonly kind: 'file' }>, root: MapNode): string {
  const path = named.kind === 'definition' ? [named.section, named.name] : named.path;
  const { file, start } = rangeOf(placeOf(named, root));
  const node = nodeAt(root, path)!;
  return [codeBlock(path, node), `${basename(file)}, line ${start.line}`].join('\n\n');
}

/** The text of a definition, with its key. */
function codeBlock(path: readonly string[], node: DocumentNode): string {
  const { source, start, end } = node.place;
  const written = node.kind === 'scalar' ? JSON.stringify(toPlain(node)) : source.text.slice(start, end).trimEnd();
  const isBlock = node.kind !== 'scalar' && !/^[[{]/.test(written);
  const indent = isBlock ? ' '.repeat(start - source.text.lastIndexOf('\n', start) - 1) : '';
  const text = isBlock ? `${path.join('.')}:\n${indent}${written}` : `${path.join('.')}: ${written}`;
  const lines = text.split('\n');
  const shown = lines.length > mostLines ? [...lines.slice(0, mostLines), '# …'] : lines;
  return `\`\`\`yaml\n${shown.join('\n').replaceAll('```', '` ` `')}\n\`\`\``;
}
