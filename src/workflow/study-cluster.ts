import { InvalidWorkflowError } from '../diagnostics/errors.js';
import type { Cluster } from './cluster.js';
import type { Study } from './study.js';

/**
 * What all cells of a study ask of a cluster: its runners work on the whole study.
 * @returns undefined when no cell says anything
 * @throws InvalidWorkflowError when cells ask for different things
 */
export function clusterOf({ cells }: Study): Cluster | undefined {
  const text = (cluster: Cluster | undefined) =>
    JSON.stringify(cluster && [cluster.jobs, Object.entries(cluster.resources).sort()]);
  const first = cells[0]!;
  const other = cells.find(({ workflow }) => text(workflow.cluster) !== text(first.workflow.cluster));
  if (other === undefined) return first.workflow.cluster;
  const message = `the cells ${first.label} and ${other.label} have different cluster sections: one job array carries out all cells`;
  const hint = 'Write the section once, in the workflow, or leave cells out with --matrix.';
  const [place, ...further] = [first, other].flatMap(({ label, workflow }) =>
    workflow.cluster === undefined ? [] : [{ message: `that of ${label}`, range: workflow.cluster.range }],
  );
  throw new InvalidWorkflowError([
    { severity: 'error', code: 'different-clusters', message, hint, range: place!.range, related: further },
  ]);
}
