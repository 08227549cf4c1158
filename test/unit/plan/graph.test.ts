import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { drawGraph } from '../../../src/plan/graph.js';
import { make } from './memory-store.js';

const steps = [
  { ...make('svd["a"]', ['source']), group: 'SVD' },
  { ...make('svd[b]', ['source']), group: 'SVD' },
  { ...make('table', ['svd["a"]', 'svd[b]']), group: 'Tables' },
];

test('a mermaid graph has a node a step and an edge an input', () => {
  assert.is(
    drawGraph(steps, 'mermaid', { collapse: false }),
    [
      'flowchart LR',
      '  n1["svd[#quot;a#quot;]"]',
      '  n2[("source")]',
      '  n2 --> n1',
      '  n3["svd[b]"]',
      '  n2 --> n3',
      '  n4["table"]',
      '  n1 --> n4',
      '  n3 --> n4',
      '',
    ].join('\n'),
  );
});

test('collapsed, a group is one node and an edge is drawn once', () => {
  assert.is(
    drawGraph(steps, 'dot', { collapse: true }),
    [
      'digraph runflow {',
      '  rankdir=LR;',
      '  node [shape=box];',
      '  n1 [label="SVD × 2"];',
      '  n2 [label="source", shape=folder];',
      '  n2 -> n1;',
      '  n3 [label="Tables"];',
      '  n1 -> n3;',
      '}',
      '',
    ].join('\n'),
  );
});

test('dot labels are escaped', () => {
  assert.match(drawGraph(steps, 'dot', { collapse: false }), 'label="svd[\\"a\\"]"');
});

test.run();
