import { UsageError } from '../diagnostics/errors.js';
import { checkedTags } from '../history/find-run.js';
import { EventBus } from '../run/events.js';
import { defaultWorkerLimits } from '../run/executors/executor.js';
import { executors, isExecutorName } from '../run/executors/registry.js';
import { selectRenderer } from '../run/render/select.js';
import { runWorkflow } from '../run/run.js';
import type { Command } from './command.js';
import { folderOption } from './folder-option.js';
import { listenForSignals } from './interruption.js';
import { loadOptions, workflowOf } from './load-workflow.js';
import { openedStore } from './opened-store.js';
import { command as planCommand } from './plan.js';
import { planOptions } from './prepared.js';
import { wholeNumber } from './whole-number.js';

export const command: Command = {
  name: 'run',
  usage: 'FILE [TARGET…]',
  summary: 'Run a workflow: what is cached is taken, the rest is done',
  positionals: { min: 1, max: Number.POSITIVE_INFINITY },
  completes: ['workflow', 'target'],
  options: {
    ...planOptions,
    force: { ...planOptions.force, description: 'Run steps that match though they are cached; without a pattern all' },
    out: { description: 'Folder for results, instead of one below results/', value: 'DIR', completes: 'folder' },
    'keep-going': { description: 'After a failure go on with what does not depend on it', short: 'k' },
    'dry-run': { description: 'Only say what would run, as runflow plan does', short: 'n' },
    json: { description: 'Print events as JSON, one a line; the last is the summary' },
    executor: {
      description: 'Where steps run: local (the default)',
      value: 'WHERE',
      completes: Object.keys(executors),
    },
    retries: { description: 'How often a step is tried again when its worker was lost (1)', value: 'N' },
    'device-timeout': { description: 'Seconds after which one piece of work on the device hangs (300)', value: 'S' },
    tag: { description: 'A word that names the run for runflow runs, show, diff, …', value: 'NAME', multiple: true },
    locked: { description: 'Refuse hub revisions that the lock file does not pin' },
  },
  details: [
    'A TARGET is the name of a sweep, metric, update or model, a kind of step, or a pattern of step ids, such as',
    "'svd[alignment,*q_proj*]'; only what it needs is run. Ctrl-C stops cleanly, a second one at once; the same command",
    'then goes on where it was.',
    'Exit codes: 0 done, 1 a step failed, 2 invalid workflow or usage, 3 environment, 130 interrupted.',
  ].join('\n'),
  async run(invocation) {
    const executor = invocation.value('executor') ?? 'local';
    if (!isExecutorName(executor)) {
      const hint = `Give ${Object.keys(executors).join(' or ')}.`;
      throw new UsageError(`there is no executor ${executor}`, { hint });
    }
    const retries = wholeNumber(invocation, 'retries') ?? 1;
    const deviceBusySeconds = wholeNumber(invocation, 'device-timeout') ?? defaultWorkerLimits.deviceBusySeconds;
    const tags = checkedTags(invocation.values('tag'));
    const out = folderOption(invocation, 'out');
    if (invocation.switch('dry-run')) return planCommand.run(invocation);
    const [file, ...targets] = invocation.positionals;
    const workflow = await workflowOf(file!, loadOptions(invocation));
    const store = openedStore(invocation);
    const events = new EventBus();
    const renderer = await selectRenderer(process.stdout, { json: invocation.switch('json') });
    events.subscribe((event) => renderer.handle(event));
    const interruption = listenForSignals();
    try {
      return await runWorkflow({
        workflow,
        store,
        events,
        executor,
        targets,
        tags,
        force: invocation.values('force'),
        keepGoing: invocation.switch('keep-going'),
        locked: invocation.switch('locked'),
        retries,
        limits: { ...defaultWorkerLimits, deviceBusySeconds },
        signal: interruption.stop,
        killSignal: interruption.kill,
        ...(out === undefined ? {} : { out }),
      });
    } finally {
      interruption.end();
      await renderer.close();
    }
  },
};
