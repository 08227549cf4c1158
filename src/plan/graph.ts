import type { Step } from '../steps/step.js';

export const graphFormats = ['mermaid', 'dot'] as const;
export type GraphFormat = (typeof graphFormats)[number];

/** The steps as a graph drawing. `collapse` draws one node a group instead of one a step: a picture one can read. */
export function drawGraph(
  steps: readonly Step[],
  format: GraphFormat,
  options: { readonly collapse: boolean },
): string {
  const nodeOf = new Map(steps.map((step) => [step.id, options.collapse ? step.group : step.id]));
  const sizes = new Map<string, number>();
  for (const node of nodeOf.values()) sizes.set(node, (sizes.get(node) ?? 0) + 1);
  const edges = new Set<string>();
  const nodes = new Set<string>();
  const lines: string[] = [];
  const numbers = new Map<string, string>();
  const declare = (node: string, source: boolean) => {
    if (nodes.has(node)) return numbers.get(node)!;
    nodes.add(node);
    const name = `n${nodes.size}`;
    numbers.set(node, name);
    const size = sizes.get(node) ?? 1;
    const label = size > 1 ? `${node} × ${size}` : node;
    lines.push(format === 'dot' ? dotNode(name, label, source) : mermaidNode(name, label, source));
    return name;
  };
  for (const step of steps) {
    const to = declare(nodeOf.get(step.id)!, false);
    for (const { node } of Object.values(step.inputs)) {
      const from = declare(nodeOf.get(node) ?? node, !nodeOf.has(node));
      const edge = format === 'dot' ? `  ${from} -> ${to};` : `  ${from} --> ${to}`;
      if (from === to || edges.has(edge)) continue;
      edges.add(edge);
      lines.push(edge);
    }
  }
  return format === 'dot'
    ? ['digraph runflow {', '  rankdir=LR;', '  node [shape=box];', ...lines, '}', ''].join('\n')
    : ['flowchart LR', ...lines, ''].join('\n');
}

function dotNode(name: string, label: string, source: boolean): string {
  const escaped = label.replace(/["\\]/g, '\\$&').replace(/\s+/g, ' ');
  return `  ${name} [label="${escaped}"${source ? ', shape=folder' : ''}];`;
}

/** Quoted labels may hold brackets; a quotation mark is written as an entity. */
function mermaidNode(name: string, label: string, source: boolean): string {
  const escaped = label.replace(/#/g, '#35;').replace(/"/g, '#quot;').replace(/\s+/g, ' ');
  return source ? `  ${name}[("${escaped}")]` : `  ${name}["${escaped}"]`;
}
