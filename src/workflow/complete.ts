import { resolve } from 'node:path';
import type { Diagnostic, Result } from '../diagnostics/diagnostic.js';
import type { JsonObject } from '../formats/json.js';
import { appliedSettings } from './applied-settings.js';
import type { Assembled } from './assemble.js';
import { type MapNode, toPlain } from './document.js';
import { interpolate } from './interpolate.js';
import { absolutePaths } from './paths.js';
import { resolveWorkflow } from './resolve.js';
import type { Semantics } from './semantics.js';
import type { Assignment } from './settings.js';
import { isOwn, unusedDefinitions } from './unused.js';
import { validate } from './validate.js';
import type { LoadedWorkflow } from './workflow.js';
import { writtenValue } from './written-value.js';

export interface CompleteOptions {
  /** `a.b=value`, applied in order, after the cell's values. */
  readonly set?: readonly string[];
  /** Absolute folder that relative paths of `set` are relative to. Default: the current one. */
  readonly folder?: string | undefined;
  readonly semantics?: Semantics | undefined;
  /** A definition that is used besides, by its name: what is exported. */
  readonly exported?: string;
  /** Values of a cell of a matrix. */
  readonly cell?: readonly Assignment[];
  /** The profile that the command line asks for. */
  readonly profile?: string | undefined;
}

/**
 * From an assembled document to a workflow: values put in → ${…} → paths → schema → names. Every problem of every stage is reported
 * at once.
 */
export async function completeWorkflow(
  file: string,
  assembled: Assembled,
  options: CompleteOptions,
): Promise<Result<LoadedWorkflow>> {
  const set = await applySettings(assembled.root, [...(options.cell ?? []), ...(options.set ?? [])], options.folder);
  const interpolated = interpolate(set.root);
  const absolute = absolutePaths(interpolated.root);
  const { root, sound, problems: breaches } = await validate(absolute.root);
  const workflow = resolveWorkflow(root, sound, resolve(file), options.semantics);
  const unreadable = [...set.problems, ...interpolated.problems, ...absolute.problems];
  const stages = [unreadable, breaches, workflow.ok ? [] : workflow.diagnostics];
  if (!workflow.ok || stages.some((stage) => stage.length > 0)) {
    return { ok: false, diagnostics: firstOfEachPlace(stages) };
  }
  const unused = unusedDefinitions(workflow.value, options.exported);
  const ownWarnings = workflow.warnings.filter(({ range }) => isOwn(range, workflow.value));
  if (unused.some(({ severity }) => severity === 'error')) return { ok: false, diagnostics: unused };
  const { files, texts, profile, ownProfile } = assembled;
  const document = toPlain(root) as JsonObject;
  const applied = appliedSettings(options, { profile: ownProfile, semantics: document.semantics });
  const { cell, set: settings = [], semantics } = options;
  const written = {
    file: resolve(file),
    texts,
    ...(profile === undefined ? {} : { profile }),
    ...(cell === undefined || cell.length === 0 ? {} : { cell: cell.map(writtenValue) }),
    set: settings,
    ...(semantics === undefined ? {} : { semantics }),
  };
  return {
    ok: true,
    value: { ...workflow.value, files, profile, document, applied, written },
    warnings: [...interpolated.warnings, ...ownWarnings, ...unused],
  };
}

/** Most workflows are read without a setting, and then need no schema. */
export async function applySettings(root: MapNode, settings: readonly (string | Assignment)[], folder?: string) {
  if (settings.length === 0) return { root, problems: [] };
  return (await import('./settings.js')).applySettings(root, settings, folder);
}

/** What one stage complains about, the stages after it trip over too: only the first is told. */
function firstOfEachPlace(stages: readonly (readonly Diagnostic[])[]): readonly Diagnostic[] {
  const placeOf = ({ range }: Diagnostic) => `${range?.file}:${range?.start.offset}:${range?.end.offset}`;
  const seen = new Set<string>();
  return stages.flatMap((stage) => {
    const fresh = stage.filter((problem) => !seen.has(placeOf(problem)));
    for (const problem of stage) seen.add(placeOf(problem));
    return fresh;
  });
}
