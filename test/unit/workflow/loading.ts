import * as assert from 'uvu/assert';
import { renderDiagnostics } from '../../../src/diagnostics/render.js';
import { type LoadOptions, loadWorkflow } from '../../../src/workflow/load.js';
import type { LoadedWorkflow } from '../../../src/workflow/workflow.js';
import { memoryFiles } from './memory-files.js';

export type Texts = Readonly<Record<string, string | Uint8Array>>;

/** Loads lab/main.yaml, which must be valid. */
export async function load(
  texts: Texts,
  options: LoadOptions = {},
  links: Readonly<Record<string, string>> = {},
): Promise<LoadedWorkflow> {
  const loaded = await loadWorkflow('lab/main.yaml', options, memoryFiles(texts, links));
  if (!loaded.ok) throw new Error(renderDiagnostics(loaded.diagnostics));
  return loaded.value;
}

/** What a user sees of a lab/main.yaml that is invalid. */
export async function screen(
  texts: Texts,
  options: LoadOptions = {},
  links: Readonly<Record<string, string>> = {},
): Promise<string> {
  const loaded = await loadWorkflow('lab/main.yaml', options, memoryFiles(texts, links));
  assert.not(loaded.ok, 'the workflow is accepted');
  return loaded.ok ? '' : renderDiagnostics(loaded.diagnostics);
}

/** The same, without excerpts and hints: `place: message`, a line each. */
export async function problems(
  texts: Texts,
  options: LoadOptions = {},
  links: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const loaded = await loadWorkflow('lab/main.yaml', options, memoryFiles(texts, links));
  assert.not(loaded.ok, 'the workflow is accepted');
  if (loaded.ok) return [];
  return loaded.diagnostics.map(({ range, message }) => {
    const place = range === undefined ? '' : `${range.file}:${range.start.line}:${range.start.column}: `;
    return place + message;
  });
}
