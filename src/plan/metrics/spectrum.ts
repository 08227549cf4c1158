import type { SpectrumTableParams } from '../../steps/spectrum-table.js';
import type { Input } from '../../steps/step.js';
import type { SpectrumMetric } from '../../workflow/metrics/spectrum.js';
import type { TableRow } from '../plan-builder.js';
import type { PlanParts, TablePlan } from './kind.js';

export const spectrum: TablePlan<SpectrumMetric> = { of: 'updates', expand: expandSpectra };

/** Adds the table of the updates' spectra. It reads the singular values of their decompositions, each update once. */
function expandSpectra(metrics: readonly SpectrumMetric[], { workflow, models, updates, builder }: PlanParts): void {
  const rows: TableRow<SpectrumTableParams['rows'][number]>[] = [];
  const waitsFor = new Set<string>();
  for (const name of new Set(metrics.flatMap(({ of }) => of))) {
    const update = models.update(name);
    if ('waitsFor' in update) {
      const asking = metrics.filter(({ of }) => of.includes(name));
      builder.defer(update.waitsFor, ...asking.map((metric) => `metrics.${metric.name}`));
      for (const model of update.waitsFor) waitsFor.add(model);
      continue;
    }
    const inputs: Record<string, Input> = {};
    for (const [index, tensor] of update.tensors.entries()) {
      inputs[`/${index}`] = { node: updates.svd(update, tensor), output: 's' };
    }
    const tensors = update.tensors.map(({ name: tensor, rankMax, uses }) => {
      const copies = workflow.semantics === 'reference' && uses > 1 ? { copies: uses } : {};
      return { tensor, rankMax, ...copies };
    });
    rows.push({ row: { update: name, tensors }, inputs });
  }
  if (waitsFor.size > 0) builder.defer([...waitsFor], 'spectrum-table');
  else {
    const definitions = metrics.map(({ name }) => `metrics.${name}`);
    builder.addTable('spectrum-table', rows, ['spectrum.csv'], (joined) => ({ rows: joined }), ...definitions);
  }
}
