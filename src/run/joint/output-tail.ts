import { lstatSync } from 'node:fs';
import { attemptsFolder } from '../../store/runs.js';
import type { JointRun } from './joint-run.js';

const mostBytes = 2000;

/** The end of what the newest attempt's runners printed; undefined where the queue kept nothing of it. */
export function outputTail(joint: JointRun): string | undefined {
  const attempt = joint.attempts().at(-1);
  if (attempt === undefined) return undefined;
  const names = joint.folder
    .list(attemptsFolder, `${attempt}`)
    .filter((name) => !name.endsWith('.json') && !name.endsWith('.sh'))
    .map((name) => ({
      name,
      status: lstatSync(joint.folder.in(attemptsFolder, `${attempt}`, name), { throwIfNoEntry: false }),
    }))
    .filter(({ status }) => status?.isFile() && status.size > 0);
  const newest = names.sort((a, b) => b.status!.mtimeMs - a.status!.mtimeMs)[0];
  if (newest === undefined) return undefined;
  const offset = Math.max(0, newest.status!.size - mostBytes);
  const text = joint.folder.bytesFrom(offset, mostBytes, attemptsFolder, `${attempt}`, newest.name).toString().trim();
  return `${joint.folder.in(attemptsFolder, `${attempt}`, newest.name)} ends with: ${text}`;
}
