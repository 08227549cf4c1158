import { basename, dirname } from 'node:path';
import { Assembler } from './assemble.js';
import { applySettings } from './complete.js';
import type { MapNode } from './document.js';
import { noSuchFile, type WorkflowFiles } from './files.js';
import { interpolate } from './interpolate.js';
import { absolutePaths } from './paths.js';
import { resolveWorkflow } from './resolve.js';
import { SourceText } from './source-text.js';
import { validate } from './validate.js';
import type { FileText, Workflow, WrittenWorkflow } from './workflow.js';
import { assignmentOf } from './written-value.js';

/** How places call what `--semantics` says. */
export const semanticsOption = '--semantics';

/**
 * The document that a workflow was: includes, profile, values of its cell and settings laid over one another, references as they were
 * written. Undefined where this version of runflow cannot read it.
 */
export async function writtenDocument(written: WrittenWorkflow): Promise<MapNode | undefined> {
  const assembler = new Assembler(written.file, filesOf(written.texts));
  const assembled = await assembler.assemble(written.profile);
  if (assembled === undefined || assembler.problems.length > 0) return undefined;
  const { root, problems } = await applySettings(assembled.root, [
    ...(written.cell ?? []).map(assignmentOf),
    ...written.set,
  ]);
  if (problems.length > 0) return undefined;
  if (written.semantics === undefined) return root;
  const source = new SourceText(semanticsOption, dirname(written.file), written.semantics);
  const place = { source, start: 0, end: written.semantics.length };
  const semantics = { key: place, value: { kind: 'scalar', value: written.semantics, place } } as const;
  return { ...root, entries: new Map([...root.entries, ['semantics', semantics]]) };
}

/** The workflow that such a document makes; undefined where it is not valid. */
export async function workflowOfDocument(document: MapNode, file: string): Promise<Workflow | undefined> {
  const interpolated = interpolate(document);
  const absolute = absolutePaths(interpolated.root);
  if (interpolated.problems.length > 0 || absolute.problems.length > 0) return undefined;
  const { root, sound, problems } = await validate(absolute.root);
  if (problems.length > 0) return undefined;
  const workflow = resolveWorkflow(root, sound, file, undefined);
  return workflow.ok ? workflow.value : undefined;
}

/** The texts as files; links are as they were when the workflow was read and found to lead nowhere else. */
export function filesOf(texts: readonly FileText[]): WorkflowFiles {
  const byFile = new Map(texts.map(({ file, text }) => [file, text]));
  return {
    read(file, limit) {
      const text = byFile.get(file);
      return text === undefined
        ? { problem: noSuchFile }
        : { bytes: new TextEncoder().encode(text).subarray(0, limit) };
    },
    realPath: (file) => file,
    list: (folder) => [...byFile.keys()].filter((file) => dirname(file) === folder).map((file) => basename(file)),
  };
}
