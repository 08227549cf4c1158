import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Action } from '../../../src/formats/action.js';
import type { Artifacts } from '../../../src/formats/artifact.js';
import { type Digest, digestOf } from '../../../src/formats/digest.js';
import type { Timing } from '../../../src/store/participant.js';

const made: string[] = [];
process.on('exit', () => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A new folder that goes when the test file ends; in memory where there is such a place, for fsync takes its time. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'runflow-store-'));
  made.push(folder);
  return folder;
}

/** For tests with real processes and a real clock. */
export const shortTiming: Timing = {
  pollMilliseconds: 10,
  mostPollMilliseconds: 50,
  heartbeatMilliseconds: 80,
  silenceMilliseconds: 1000,
  reportMilliseconds: 50,
};

export const keyOf = (name: string): Digest => digestOf(`key ${name}`);

export function actionOf(name: string, outputs: Artifacts, more: Partial<Action> = {}): Action {
  return {
    key: keyOf(name),
    kind: 'svd',
    revision: 1,
    params: { name },
    inputs: { from: { node: 'source[base]', output: 'tensor/w', digest: digestOf('base') } },
    outputs,
    workflow: 'test',
    step: `svd[${name}]`,
    started: '2024-06-07T00:00:00.000Z',
    seconds: 1,
    versions: { runflow: '0' },
    ...more,
  };
}
