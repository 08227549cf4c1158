import { digestOf, hexOf } from '../../formats/digest.js';
import type { AppliedSettings } from '../../workflow/workflow.js';

const mostBytes = 100;
const digestDigits = 8;

/**
 * The name of a results folder: the workflow's own name for the workflow as written, else
 * `<name>@<profile>,<path>=<value>,semantics=…`, so that what was run otherwise never lands beside it.
 */
export function resultsName(name: string, { profile, set, semantics }: AppliedSettings): string {
  const settings = [...set, ...(semantics === undefined ? [] : [`semantics=${semantics}`])].sort();
  if (profile === undefined && settings.length === 0) return name;
  const parts = [...(profile === undefined ? [] : [profile]), ...settings];
  const readable = `${fileNameSafe(name)}@${parts.map(settingName).join(',')}`;
  if (readable.length <= mostBytes) return readable;
  const digest = hexOf(digestOf(`${name}@${parts.join(',')}`)).slice(0, digestDigits);
  return readable.slice(0, mostBytes - digestDigits) + digest;
}

function settingName(setting: string): string {
  const end = setting.indexOf('=');
  if (end < 0) return fileNameSafe(setting);
  return `${fileNameSafe(setting.slice(0, end))}=${fileNameSafe(setting.slice(end + 1))}`;
}

function fileNameSafe(text: string): string {
  return text.replace(/[^A-Za-z0-9._+-]/gu, '_');
}
