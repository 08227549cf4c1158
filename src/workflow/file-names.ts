import { isBehaviour } from './metrics/registry.js';
import type { Scope } from './scope.js';
import { sweepOf } from './sweeps/sweep.js';
import type { Workflow } from './workflow.js';

/** Sections whose names become names of files and folders of the results: `items/<metric>.jsonl`, `steps/<step>/`, … */
const sections = ['subspaces', 'metrics', 'steps'] as const;

/** Refuses names by which two definitions would write one file of the results. */
export function checkFileNames(scope: Scope, workflow: Pick<Workflow, 'metrics' | 'sweeps' | 'report'>): void {
  for (const section of sections) checkLetterCase(scope, section);
  checkTablesOfMetrics(scope, workflow);
}

/** Refuses names that differ in the case of letters only: they are one file on a disk that ignores it. */
function checkLetterCase(scope: Scope, section: string): void {
  const earlier = new Map<string, string>();
  for (const name of scope.names(section)) {
    const other = earlier.get(name.toLowerCase());
    earlier.set(name.toLowerCase(), name);
    if (other === undefined) continue;
    const message = `${section}.${name} differs from ${section}.${other} in the case of letters only: on some disks their files would be the same`;
    scope.refuse([section, name], 'ambiguous-name', message, 'Give one of them another name.');
  }
}

/** Tables of behaviour are called `behaviour-<metric>` along fractions and `behaviour-<metric>-by-rank` along ranks. */
function checkTablesOfMetrics(
  scope: Scope,
  { metrics, sweeps, report }: Pick<Workflow, 'metrics' | 'sweeps' | 'report'>,
): void {
  if (!report.tables.includes('behaviour') || report.tableFormats.length === 0) return;
  const projected = [...sweeps.values()].flatMap((sweep) => sweepOf('projected', sweep) ?? []);
  const measuredBy = (along: 'fractions' | 'ranks') =>
    new Set(projected.filter((sweep) => sweep[along].length > 0).flatMap(({ measure }) => measure));
  const byRank = measuredBy('ranks');
  const byFraction = measuredBy('fractions');
  const behaviour = [...metrics.values()].filter(isBehaviour).map(({ name }) => name);
  for (const name of behaviour.filter((metric) => byRank.has(metric))) {
    const table = `${name}-by-rank`;
    const other = behaviour.find((metric) => metric.toLowerCase() === table.toLowerCase() && byFraction.has(metric));
    if (other === undefined) continue;
    const message = `the table of metrics.${other} along fractions and that of metrics.${name} along ranks would both be called behaviour-${other}`;
    scope.refuse(['metrics', other], 'ambiguous-name', message, 'Give one of them another name.');
  }
}
