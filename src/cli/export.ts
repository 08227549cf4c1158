import { UsageError } from '../diagnostics/errors.js';
import { exitCodes } from '../diagnostics/exit-codes.js';
import { parseBytes } from '../formats/byte-size.js';
import { EventBus } from '../run/events.js';
import { exportModel } from '../run/export.js';
import { selectRenderer } from '../run/render/select.js';
import { storeLocation } from '../store/location.js';
import { Store } from '../store/store.js';
import { storeOption } from './cache.js';
import type { Command } from './command.js';
import { folderOption } from './folder-option.js';
import { listenForSignals } from './interruption.js';
import { loadOptions, workflowOf, workflowOptions } from './load-workflow.js';
import { print } from './output.js';

export const command: Command = {
  name: 'export',
  usage: 'FILE MODEL --to DIR',
  summary: 'Write a model of a workflow as a Hugging Face folder',
  positionals: { min: 2, max: 2 },
  options: {
    ...workflowOptions,
    ...storeOption,
    to: { description: 'The folder to write; it must not be there yet', value: 'DIR' },
    'shard-size': { description: 'Largest weight file, such as 2GB (5GB)', value: 'SIZE' },
    locked: { description: 'Refuse hub revisions that the lock file does not pin' },
  },
  details: [
    'The folder holds config.json, safetensors weights and, if the model has one, the tokenizer, as transformers writes',
    'them. What makes the model and is not cached is run first.',
    'Exit codes: 0 done, 1 a step failed, 2 invalid workflow or usage, 3 environment, 130 interrupted.',
  ].join('\n'),
  async run(invocation) {
    const [file, model] = invocation.positionals as [string, string];
    const to = folderOption(invocation, 'to');
    if (to === undefined) throw new UsageError('--to is missing', { hint: 'Name the folder to write: --to DIR.' });
    const size = invocation.value('shard-size');
    const shardBytes = size === undefined ? undefined : shardSize(size);
    const workflow = await workflowOf(file, loadOptions(invocation));
    const events = new EventBus();
    const renderer = await selectRenderer(process.stdout, { json: false });
    events.subscribe((event) => {
      // Of a summary only the failures matter: the result is the folder.
      if (event.type !== 'summary' || event.failed > 0 || event.interrupted) renderer.handle(event);
    });
    const interruption = listenForSignals();
    const folder = to;
    try {
      const exitCode = await exportModel({
        workflow,
        model,
        folder,
        store: Store.open(storeLocation(folderOption(invocation, 'store'), process.env)),
        events,
        locked: invocation.switch('locked'),
        signal: interruption.stop,
        killSignal: interruption.kill,
        ...(shardBytes === undefined ? {} : { shardBytes }),
      });
      if (exitCode === exitCodes.done) print(`Model ${model} is in ${folder}\n`);
      return exitCode;
    } finally {
      interruption.end();
      await renderer.close();
    }
  },
};

function shardSize(text: string): number {
  const bytes = parseBytes(text);
  if (bytes === undefined || bytes < 1)
    throw new UsageError(`--shard-size takes a size such as 500MB or 2GB, not ${text}`);
  return bytes;
}
