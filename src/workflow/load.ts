import { resolve } from 'node:path';
import type { Diagnostic, Result } from '../diagnostics/diagnostic.js';
import type { JsonObject } from '../formats/json.js';
import { appliedSettings } from './applied-settings.js';
import { Assembler } from './assemble.js';
import { type MapNode, toPlain } from './document.js';
import { diskFiles, type WorkflowFiles } from './files.js';
import { interpolate } from './interpolate.js';
import { absolutePaths } from './paths.js';
import type { Profiles } from './profiles.js';
import { resolveWorkflow } from './resolve.js';
import type { Semantics } from './semantics.js';
import { isOwn, unusedDefinitions } from './unused.js';
import { validate } from './validate.js';
import type { LoadedWorkflow } from './workflow.js';

export interface LoadOptions {
  readonly profile?: string | undefined;
  /** `a.b=value`, applied in order. */
  readonly set?: readonly string[];
  readonly semantics?: Semantics | undefined;
  /** A definition that is used besides, by its name: what is exported. */
  readonly exported?: string;
}

/**
 * Reads a workflow: YAML → includes and profile → --set → ${…} → paths → schema → names. When the text can be read at all, every
 * problem of every stage is reported at once.
 */
export async function loadWorkflow(
  file: string,
  options: LoadOptions = {},
  disk: WorkflowFiles = diskFiles,
): Promise<Result<LoadedWorkflow>> {
  const assembler = new Assembler(file, disk);
  const assembled = await assembler.assemble(options.profile);
  if (assembled === undefined || assembler.problems.length > 0) return refused(assembler.problems);
  const set = await applySettings(assembled.root, options.set ?? []);
  const interpolated = interpolate(set.root);
  const absolute = absolutePaths(interpolated.root);
  const { root, sound, problems: breaches } = await validate(absolute.root);
  const workflow = resolveWorkflow(root, sound, resolve(file), options.semantics);
  const unreadable = [...set.problems, ...interpolated.problems, ...absolute.problems];
  const stages = [unreadable, breaches, workflow.ok ? [] : workflow.diagnostics];
  if (!workflow.ok || stages.some((stage) => stage.length > 0)) return refused(firstOfEachPlace(stages));
  const unused = unusedDefinitions(workflow.value, options.exported);
  const ownWarnings = workflow.warnings.filter(({ range }) => isOwn(range, workflow.value));
  if (unused.some(({ severity }) => severity === 'error')) return refused(unused);
  const { files, texts, profile, ownProfile } = assembled;
  const document = toPlain(root) as JsonObject;
  const applied = appliedSettings(options, { profile: ownProfile, semantics: document.semantics });
  const { set: settings = [], semantics } = options;
  const written = {
    file: resolve(file),
    texts,
    ...(profile === undefined ? {} : { profile }),
    set: settings,
    ...(semantics === undefined ? {} : { semantics }),
  };
  return {
    ok: true,
    value: { ...workflow.value, files, profile, document, applied, written },
    warnings: [...interpolated.warnings, ...ownWarnings, ...unused],
  };
}

/** Every profile that a workflow may be read with: those of its files, and those of the folder beside it. */
export async function listProfiles(file: string, disk: WorkflowFiles = diskFiles): Promise<Result<Profiles>> {
  const assembler = new Assembler(file, disk);
  const value = await assembler.profiles();
  if (value === undefined || assembler.problems.length > 0) return refused(assembler.problems);
  return { ok: true, value, warnings: [] };
}

/** Most workflows are read without a setting, and then need no schema. */
export async function applySettings(root: MapNode, settings: readonly string[]) {
  if (settings.length === 0) return { root, problems: [] };
  return (await import('./settings.js')).applySettings(root, settings);
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

/** Diagnostics in the order of the text, file by file in the order of each file's first one. */
function refused(problems: readonly Diagnostic[]): Result<never> {
  const files = [...new Set(problems.map(({ range }) => range?.file))];
  const rank = ({ range }: Diagnostic) => files.indexOf(range?.file);
  const offset = ({ range }: Diagnostic) => range?.start.offset ?? 0;
  return { ok: false, diagnostics: problems.toSorted((a, b) => rank(a) - rank(b) || offset(a) - offset(b)) };
}
