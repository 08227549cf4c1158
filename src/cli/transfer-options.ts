import { UsageError } from '../diagnostics/errors.js';
import type { RemoteStore } from '../remote/remote-store.js';
import { allowOption } from './allow-commands.js';
import type { Invocation } from './command.js';
import { workflowOptions } from './load-workflow.js';
import { namedRemote, remoteOption } from './remote-option.js';

/** Options of `runflow cache push` and `runflow cache pull`. */
export const transferOptions = {
  ...workflowOptions,
  ...allowOption,
  remote: {
    ...remoteOption.remote,
    description: 'push, pull: the remote store, a folder or s3://bucket/prefix; else RUNFLOW_REMOTE',
  },
  run: { description: 'push, pull: what this run used', value: 'RUN' },
  'no-sources': { description: 'push: leave out what lies in files outside the store, such as hub downloads' },
} as const;

/** The remote store that a transfer must name. @throws UsageError */
export async function remoteOf(name: string, invocation: Invocation): Promise<RemoteStore> {
  const remote = await namedRemote(invocation, { isRequired: true });
  if (remote !== undefined) return remote;
  const hint =
    'Name a folder or a bucket that both machines reach, --remote DIR or s3://bucket/prefix, or set RUNFLOW_REMOTE.';
  throw new UsageError(name === 'push' ? 'push to where?' : 'pull from where?', { hint });
}

/** Refuses options that say twice, or nothing, of what is to be transferred. @throws UsageError */
export function checkChoice(invocation: Invocation, file: string | undefined): void {
  if (file !== undefined && invocation.switch('run')) {
    throw new UsageError(`--run and ${file} both say what is meant`, { hint: 'Give one of them.' });
  }
  for (const option of Object.keys({ ...workflowOptions, ...allowOption })) {
    if (file === undefined && invocation.switch(option)) {
      throw new UsageError(`--${option} is about a workflow, and none is named`, { hint: 'Name its file.' });
    }
  }
}
