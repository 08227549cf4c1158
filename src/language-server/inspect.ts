import { basename, dirname, join, resolve } from 'node:path';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { type Assembled, Assembler } from '../workflow/assemble.js';
import type { WorkflowFiles } from '../workflow/files.js';
import { loadStudy } from '../workflow/load.js';
import type { Study } from '../workflow/study.js';

/** Most files of a folder that are looked through for one that includes another. */
const mostNeighbours = 50;

/** A file as part of a workflow: what is wrong with the workflow, and what its names stand for. */
export interface Inspection {
  /** The workflow's own file; absolute, as all files here. */
  readonly workflowFile: string;
  readonly profile: string | undefined;
  /** Undefined where no part of it can be read. */
  readonly assembled: Assembled | undefined;
  /** Undefined where something is wrong. */
  readonly study: Study | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Inspects a file by itself. Where that finds errors, because it is only a part of a workflow, it is inspected as part of the
 * first workflow that has it: one beside it that includes it, or, of `profiles/NAME.yaml`, one of the folder above with that
 * profile.
 *
 * @param file absolute
 */
export async function inspectFile(file: string, disk: WorkflowFiles): Promise<Inspection> {
  const alone = await inspectWorkflow(file, undefined, disk);
  if (alone.study !== undefined) return alone;
  const isProfile = basename(dirname(file)) === 'profiles';
  const folder = isProfile ? dirname(dirname(file)) : dirname(file);
  const profile = isProfile ? basename(file).replace(/\.yaml$/, '') : undefined;
  const neighbours = disk.list(folder).filter((name) => /\.ya?ml$/.test(name));
  for (const neighbour of neighbours.slice(0, mostNeighbours)) {
    const candidate = join(folder, neighbour);
    if (candidate === file) continue;
    const assembled = await new Assembler(candidate, disk).assemble(profile);
    if (assembled?.files.some((part) => resolve(part.file) === file)) return inspectWorkflow(candidate, profile, disk);
  }
  return alone;
}

async function inspectWorkflow(file: string, profile: string | undefined, disk: WorkflowFiles): Promise<Inspection> {
  const assembled = await new Assembler(file, disk).assemble(profile);
  const loaded = await loadStudy(file, { profile }, disk);
  const study = loaded.ok ? loaded.value : undefined;
  const diagnostics = loaded.ok ? loaded.warnings : loaded.diagnostics;
  return { workflowFile: file, profile, assembled, study, diagnostics };
}
