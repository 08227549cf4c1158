import { InterruptedError, RunflowError, UsageError } from '../diagnostics/errors.js';
import { exitCodes } from '../diagnostics/exit-codes.js';
import { printableLine } from '../diagnostics/printable.js';
import { formatBytes } from '../formats/byte-size.js';
import type { Digest } from '../formats/digest.js';
import { findRun } from '../history/find-run.js';
import { actionsPrefix, keyOfName, requireRemote } from '../remote/layout.js';
import { ReadThrough } from '../remote/read-through.js';
import type { RemoteStore } from '../remote/remote-store.js';
import { planWorkflow } from '../run/plan.js';
import { knownPrograms } from '../run/programs/trust.js';
import { withoutSecrets } from '../run/secrets.js';
import type { Store } from '../store/store.js';
import type { CacheCommand } from './cache-command.js';
import type { Invocation } from './command.js';
import { listenForSignals } from './interruption.js';
import { loadOptions, studyNamed } from './load-workflow.js';
import { print, printJson } from './output.js';
import { checkChoice, remoteOf } from './transfer-options.js';
import { TransferProgress } from './transfer-progress.js';

export const pull: CacheCommand = async (store, rest, invocation) => {
  const [file, ...targets] = rest;
  checkChoice(invocation, file);
  if (invocation.switch('no-sources')) throw new UsageError('--no-sources is for runflow cache push only');
  const remote = await remoteOf('pull', invocation);
  const interruption = listenForSignals();
  const { stop: signal } = interruption;
  const redacted = withoutSecrets(process.env);
  const progress = new TransferProgress('taken');
  let bytes = 0;
  const reader = new ReadThrough(store, remote, {
    signal,
    isRequired: true,
    warn: (message) => process.stderr.write(`warning: ${printableLine(redacted(message))}\n`),
    onBytes: (arrived, total) => {
      bytes = arrived;
      progress.set(arrived, total);
    },
  });
  try {
    await requireRemote(remote, { signal });
    const keys = await keysToPull(store, remote, reader, [file, ...targets], { invocation, signal });
    const taken = keys.filter((key) => store.actions.lookUp(key).status !== 'hit' && reader.find(key) !== undefined);
    await reader.take(taken).finally(() => progress.end());
    const { seconds } = progress;
    const { faults } = reader;
    const steps = taken.filter((key) => store.actions.lookUp(key).status === 'hit').length;
    if (invocation.switch('json')) printJson({ remote: remote.place, steps, bytes, faults, seconds });
    else
      print(
        `${steps} ${steps === 1 ? 'step' : 'steps'}, ${formatBytes(bytes)} taken from ${printableLine(remote.place)}\n`,
      );
    return faults > 0 ? exitCodes.stepFailed : exitCodes.done;
  } catch (error) {
    if (signal.aborted) {
      throw new InterruptedError('interrupted', { hint: 'What has arrived is whole: the same command goes on.' });
    }
    if (error instanceof RunflowError) error.reword(redacted);
    throw error;
  } finally {
    interruption.end();
  }
};

/** Keys of what is meant; the reader has asked for those that are not here. */
async function keysToPull(
  store: Store,
  remote: RemoteStore,
  reader: ReadThrough,
  [file, ...targets]: readonly (string | undefined)[],
  { invocation, signal }: { readonly invocation: Invocation; readonly signal: AbortSignal },
): Promise<readonly Digest[]> {
  if (file !== undefined) {
    store.upstream = reader;
    const study = await studyNamed(file, loadOptions(invocation));
    const workflows = study.cells.map(({ workflow }) => workflow);
    const allowed = knownPrograms(workflows, invocation.switch('allow-commands'));
    const { steps, outcomes } = await planWorkflow({ study, store, targets: targets as string[], allowed });
    return steps.flatMap(({ id }) => {
      const outcome = outcomes.get(id);
      return outcome?.status === 'cached' ? [outcome.key] : [];
    });
  }
  const name = invocation.value('run');
  const keys: Digest[] = [];
  if (name !== undefined) keys.push(...store.runs.keysOf(findRun(store, name).id).map(({ key }) => key));
  else
    for await (const entry of remote.list(actionsPrefix, { signal })) {
      const key = keyOfName(entry);
      if (key !== undefined) keys.push(key);
    }
  const missing = keys.filter((key) => store.actions.lookUp(key).status !== 'hit');
  await reader.ask(missing);
  return missing;
}
