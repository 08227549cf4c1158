import { UsageError } from '../diagnostics/errors.js';
import { runRunner } from '../run/joint/runner.js';
import { timingWithSilence } from '../store/participant.js';
import type { Command } from './command.js';
import { listenForSignals } from './interruption.js';
import { openedStore, storeOption } from './opened-store.js';
import { wholeNumber } from './whole-number.js';

export const command: Command = {
  name: 'runner',
  usage: '',
  summary: 'Carry out a joint run together with others: started by a queue, not by hand',
  positionals: { min: 0, max: 0 },
  options: {
    ...storeOption,
    run: { description: 'Id of the joint run', value: 'ID' },
    attempt: { description: 'Number of the submission that it is part of', value: 'N' },
    index: { description: 'Which runner of that submission it is, from 0', value: 'I' },
    silence: { description: 'Seconds without a sign of life after which the owner of a step is dead', value: 'S' },
    network: { description: 'Take steps that fetch from the hub or ask a judge behind a server, too' },
    'network-only': { description: 'Take only steps that need the network: the host that submits is often shared' },
    slot: { description: 'Card of this host that no other runner may have at the same time', value: 'NAME' },
  },
  details: [
    'runflow run FILE --executor … submits it. It takes the steps that nobody else works on, and leaves when there are none.',
    'SIGTERM stops it; SIGUSR2 says that its time limit is near: it then saves the state of its step and leaves.',
  ].join('\n'),
  async run(invocation) {
    const interruption = listenForSignals();
    const warning = new AbortController();
    const warn = () => warning.abort();
    process.on('SIGUSR2', warn);
    try {
      return await runRunner({
        store: openedStore(invocation, {
          timing: timingWithSilence(required('silence', wholeNumber(invocation, 'silence'))),
        }),
        run: required('run', invocation.value('run')),
        place: {
          attempt: required('attempt', wholeNumber(invocation, 'attempt')),
          index: required('index', wholeNumber(invocation, 'index')),
        },
        network: invocation.switch('network') || invocation.switch('network-only'),
        networkOnly: invocation.switch('network-only'),
        slot: invocation.value('slot'),
        stop: interruption.stop,
        kill: interruption.kill,
        warning: warning.signal,
        environment: process.env,
      });
    } finally {
      process.off('SIGUSR2', warn);
      interruption.end();
    }
  },
};

function required<T>(option: string, value: T | undefined): T {
  if (value !== undefined) return value;
  throw new UsageError(`--${option} is missing`, { hint: 'See runflow runner --help.' });
}
