import { resolve } from 'node:path';
import type { Diagnostic, SourceRange } from '../diagnostics/diagnostic.js';
import type { Definition } from './definition.js';
import { isBehaviour } from './metrics/registry.js';
import { problemOf } from './problems.js';
import { settingName } from './source-text.js';
import type { Workflow } from './workflow.js';

/** Sections whose definitions do nothing by themselves. Models do: they may be exported. */
const parts = ['datasets', 'recipes', 'updates', 'subspaces'] as const;
/** Sections of a workflow that hold definitions. */
export const sections = ['models', ...parts, 'sweeps', 'metrics', 'claims', 'steps'] as const;

/**
 * What a workflow's own text defines and nothing uses: a metric that measures nothing is an error, for whoever wrote it
 * expects a result; the rest are warnings. What an include or a profile defines may go unused: it serves several workflows.
 * @param exported what is used besides, by its name
 */
export function unusedDefinitions(workflow: Workflow, exported?: string): Diagnostic[] {
  const named = namesUsed(workflow);
  if (exported !== undefined) named.add(exported);
  const metrics = [...workflow.metrics.values()].filter(
    (metric) => isBehaviour(metric) && metric.models.length === 0 && !isMeasured(metric.name, workflow),
  );
  const warnings = parts.flatMap((section) =>
    [...workflow[section].values()]
      .filter(({ range }) => isOwn(range, workflow))
      .flatMap(({ name, range }): Diagnostic[] => {
        if (named.has(name)) return [];
        const message = `${section}.${name} is used by nothing`;
        return [{ severity: 'warning', code: 'unused-definition', message, range }];
      }),
  );
  return [...metrics.filter(({ range }) => isOwn(range, workflow)).map(unmeasured), ...warnings];
}

/** Whether a place is in the workflow's own text or on the command line, not in an include or a profile's file. */
export function isOwn(range: SourceRange | undefined, { file }: Workflow): boolean {
  return range !== undefined && (range.file === settingName || resolve(range.file) === file);
}

/** A setting that changes an idle metric of an include is a warning: one command line may serve several workflows. */
function unmeasured({ name, range }: Definition): Diagnostic {
  const message = `the metric "${name}" measures nothing: it names no models, and no sweep measures it`;
  const hint = `Add \`models: [NAME]\` to it, or \`measure: [${name}]\` to a sweep.`;
  const severity = range.file === settingName ? 'warning' : 'error';
  return { ...problemOf({ code: 'unmeasured-metric', message, hint }), severity, range };
}

function isMeasured(metric: string, { sweeps }: Workflow): boolean {
  return [...sweeps.values()].some(({ measure }) => measure.includes(metric));
}

/** Every text that stands in a definition, its own name aside: one of them may be the name of another. */
function namesUsed(workflow: Workflow): Set<string> {
  const found = new Set<string>();
  const pending: unknown[] = sections.flatMap((section) =>
    [...workflow[section].values()].map(({ name: _, range: __, ...definition }): unknown => definition),
  );
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value === 'string') found.add(value);
    else if (typeof value === 'object' && value !== null) pending.push(...Object.values(value));
  }
  return found;
}
