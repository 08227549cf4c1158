import { InterruptedError, RunflowError, UsageError } from '../diagnostics/errors.js';
import { exitCodes } from '../diagnostics/exit-codes.js';
import { printableLine } from '../diagnostics/printable.js';
import { formatBytes } from '../formats/byte-size.js';
import type { Digest } from '../formats/digest.js';
import { findRun } from '../history/find-run.js';
import { type PushPlan, planPush, push as send } from '../remote/push.js';
import { planWorkflow } from '../run/plan.js';
import { knownPrograms } from '../run/programs/trust.js';
import { withoutSecrets } from '../run/secrets.js';
import { listActions } from '../store/inventory.js';
import type { Store } from '../store/store.js';
import type { CacheCommand } from './cache-command.js';
import type { Invocation } from './command.js';
import { listenForSignals } from './interruption.js';
import { loadOptions, studyNamed } from './load-workflow.js';
import { print, printJson } from './output.js';
import { checkChoice, remoteOf } from './transfer-options.js';
import { TransferProgress } from './transfer-progress.js';

/** How many of the steps that are left out are named. */
const stepsShown = 3;

export const push: CacheCommand = async (store, rest, invocation) => {
  const [file, ...targets] = rest;
  checkChoice(invocation, file);
  const remote = await remoteOf('push', invocation);
  const json = invocation.switch('json');
  const interruption = listenForSignals();
  const { stop: signal } = interruption;
  try {
    const { keys, undone } = await keysToPush(store, file, targets, invocation);
    const isDry = invocation.switch('dry-run');
    const plan = await planPush(store, remote, keys, { signal, sources: !invocation.switch('no-sources'), isDry });
    const bytes = plan.objects.reduce((sum, one) => sum + one.bytes, 0);
    if (!json) print(planText(plan, bytes, undone));
    const progress = new TransferProgress('sent', bytes);
    if (!isDry) {
      await send(store, remote, plan, { signal, onBytes: (sent) => progress.add(sent) }).finally(() => progress.end());
    }
    const { actions, objects, there, leftOut, sourceBytes } = plan;
    if (json) {
      const counts = { steps: actions.length, objects: objects.length, bytes, sourceBytes, there };
      printJson({ remote: remote.place, ...counts, leftOut, undone, sent: !isDry, seconds: progress.seconds });
    } else if (!isDry) {
      print(`${actions.length} ${steps(actions.length)} sent to ${printableLine(remote.place)}\n`);
    }
    return exitCodes.done;
  } catch (error) {
    if (signal.aborted) {
      throw new InterruptedError('interrupted', { hint: 'What was sent is whole: the same command goes on.' });
    }
    if (error instanceof RunflowError) error.reword(withoutSecrets(process.env));
    throw error;
  } finally {
    interruption.end();
  }
};

/** Keys of what is meant, and how many steps of a workflow are not done yet. */
async function keysToPush(
  store: Store,
  file: string | undefined,
  targets: readonly string[],
  invocation: Invocation,
): Promise<{ readonly keys: readonly Digest[]; readonly undone: number }> {
  const name = invocation.value('run');
  if (name !== undefined) return { keys: store.runs.keysOf(findRun(store, name).id).map(({ key }) => key), undone: 0 };
  if (file === undefined) {
    const keys = listActions(store).map(({ key }) => key);
    if (keys.length > 0) return { keys, undone: 0 };
    throw new UsageError(`there is nothing in ${store.path} to push`, { hint: 'runflow run FILE makes results.' });
  }
  const study = await studyNamed(file, loadOptions(invocation));
  const workflows = study.cells.map(({ workflow }) => workflow);
  const allowed = knownPrograms(workflows, invocation.switch('allow-commands'));
  const { steps: planned, outcomes } = await planWorkflow({ study, store, targets, allowed });
  const keys = planned.flatMap(({ id }) => {
    const outcome = outcomes.get(id);
    return outcome?.status === 'cached' ? [outcome.key] : [];
  });
  return { keys, undone: planned.length - keys.length };
}

function planText({ actions, objects, there, leftOut, sourceBytes }: PushPlan, bytes: number, undone: number): string {
  const sources = sourceBytes === 0 ? '' : `, ${formatBytes(sourceBytes)} of it from files outside the store`;
  const lines = [
    `${actions.length} ${steps(actions.length)} to send: ${objects.length} objects, ${formatBytes(bytes)}${sources}`,
  ];
  if (there > 0) lines.push(`${there} ${steps(there)} there already`);
  if (undone > 0) lines.push(`${undone} ${steps(undone)} not done yet: nothing to send of them`);
  const told = {
    source: 'left out, for outputs lie in files outside the store (--no-sources)',
    incomplete: 'left out, for outputs are not here any more',
    'too-large': 'left out, for outputs are larger than the storage takes in one piece',
  };
  for (const because of ['source', 'incomplete', 'too-large'] as const) {
    const names = leftOut.filter((one) => one.because === because).map(({ step }) => step);
    if (names.length === 0) continue;
    const more = names.length > stepsShown ? ', …' : '';
    lines.push(
      `${names.length} ${steps(names.length)} ${told[because]}: ${names.slice(0, stepsShown).join(', ')}${more}`,
    );
  }
  return `${lines.map(printableLine).join('\n')}\n`;
}

function steps(count: number): string {
  return count === 1 ? 'step' : 'steps';
}
