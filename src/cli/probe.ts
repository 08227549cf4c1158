import { UsageError } from '../diagnostics/errors.js';
import { exitCodes } from '../diagnostics/exit-codes.js';
import { answerProbe } from '../run/probe/probe.js';
import type { Command } from './command.js';
import { openedStore, storeOption } from './opened-store.js';
import { wholeNumber } from './whole-number.js';

export const command: Command = {
  name: 'probe',
  usage: '',
  summary: 'Say what this host is to runflow doctor: started by a queue, not by hand',
  positionals: { min: 0, max: 0 },
  options: {
    ...storeOption,
    folder: { description: 'Folder below tmp/ of the store where runflow doctor waits', value: 'NAME' },
    index: { description: 'Which runner of the job it stands for, from 0', value: 'I' },
    executor: { description: 'Name of the queue', value: 'WHERE' },
    partition: { description: 'Partition of the queue', value: 'NAME' },
    account: { description: 'Account of the queue', value: 'NAME' },
    wait: { description: 'Seconds in which runflow doctor must have asked', value: 'S' },
  },
  async run(invocation) {
    const partition = invocation.value('partition');
    const account = invocation.value('account');
    await answerProbe({
      store: openedStore(invocation),
      folder: required('folder', invocation.value('folder')),
      index: required('index', wholeNumber(invocation, 'index')),
      queueName: required('executor', invocation.value('executor')),
      resources: { ...(partition !== undefined && { partition }), ...(account !== undefined && { account }) },
      waitSeconds: required('wait', wholeNumber(invocation, 'wait')),
      environment: process.env,
    });
    return exitCodes.done;
  },
};

function required<T>(option: string, value: T | undefined): T {
  if (value !== undefined) return value;
  throw new UsageError(`--${option} is missing`, { hint: 'runflow doctor --executor … starts it.' });
}
