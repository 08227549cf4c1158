import { digestOf, hexOf } from '../../formats/digest.js';
import { fileNameSafe } from '../../workflow/coordinates.js';
import type { Study } from '../../workflow/study.js';

const mostBytes = 100;
const digestDigits = 8;

/**
 * The name of a results folder: the workflow's own name for the workflow as written, else
 * `<name>@<profile>,<path>=<value>,semantics=…`, so that what was run otherwise never lands beside it. That of a matrix is
 * `<name>@matrix`, whatever its cells are: `run.json` says which.
 */
export function resultsName(study: Pick<Study, 'name' | 'applied' | 'axes'>): string {
  const { name, axes, applied } = study;
  const { profile, set, semantics } = applied;
  const settings = [...set, ...(semantics === undefined ? [] : [`semantics=${semantics}`])].sort();
  const parts = [...(axes.length > 0 ? ['matrix'] : []), ...(profile === undefined ? [] : [profile]), ...settings];
  if (parts.length === 0) return name;
  const readable = `${fileNameSafe(name)}@${parts.map(settingName).join(',')}`;
  return readable.length <= mostBytes ? readable : shortened(readable, `${name}@${parts.join(',')}`);
}

/** Holds the folder of each cell, below that of the study. */
export const cellsFolder = 'cells';

/** The folder of a cell, below that of its study. */
export function cellFolder(label: string): string {
  return `${cellsFolder}/${label.length <= mostBytes ? label : shortened(label, label)}`;
}

function shortened(readable: string, whole: string): string {
  const digest = hexOf(digestOf(whole)).slice(0, digestDigits);
  return readable.slice(0, mostBytes - digestDigits) + digest;
}

function settingName(setting: string): string {
  const end = setting.indexOf('=');
  if (end < 0) return fileNameSafe(setting);
  return `${fileNameSafe(setting.slice(0, end))}=${fileNameSafe(setting.slice(end + 1))}`;
}
