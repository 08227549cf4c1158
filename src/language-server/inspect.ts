import { basename, dirname, join, resolve } from 'node:path';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Assembled } from '../workflow/assemble.js';
import type { WorkflowFiles } from '../workflow/files.js';
import { type AssembledDocument, assembledDocument, studyOfDocument } from '../workflow/load.js';
import type { Study } from '../workflow/study.js';

/** Most files of a folder that are looked through for one that includes another. */
const mostNeighbours = 50;

/** A file as part of a workflow: what is wrong with the workflow, and what its names stand for. All files are absolute. */
export interface Inspection {
  /** Undefined where no part of it can be read. */
  readonly assembled: Assembled | undefined;
  /** Undefined where something is wrong. */
  readonly study: Study | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Inspects a file by itself. Where that finds errors, because it is only a part of a workflow, it is inspected as part of the
 * first workflow that has it: one beside it that includes it, or, of `profiles/NAME.yaml`, one of the folder above with that
 * profile. Each workflow is assembled once.
 *
 * @param file absolute
 */
export async function inspectFile(file: string, disk: WorkflowFiles): Promise<Inspection> {
  const alone = await inspectDocument(file, await assembledDocument(file, undefined, disk), undefined, disk);
  if (alone.study !== undefined) return alone;
  const isProfile = basename(dirname(file)) === 'profiles';
  const folder = isProfile ? dirname(dirname(file)) : dirname(file);
  const profile = isProfile ? basename(file).replace(/\.yaml$/, '') : undefined;
  const neighbours = disk.list(folder).filter((name) => /\.ya?ml$/.test(name));
  for (const neighbour of neighbours.slice(0, mostNeighbours)) {
    const candidate = join(folder, neighbour);
    if (candidate === file) continue;
    const document = await assembledDocument(candidate, profile, disk);
    if (document.assembled?.files.some((part) => resolve(part.file) === file)) {
      return inspectDocument(candidate, document, profile, disk);
    }
  }
  return alone;
}

async function inspectDocument(
  file: string,
  document: AssembledDocument,
  profile: string | undefined,
  disk: WorkflowFiles,
): Promise<Inspection> {
  const loaded = await studyOfDocument(file, document, { profile }, disk);
  const study = loaded.ok ? loaded.value : undefined;
  return { assembled: document.assembled, study, diagnostics: loaded.ok ? loaded.warnings : loaded.diagnostics };
}
