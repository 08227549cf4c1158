import { UsageError } from '../diagnostics/errors.js';
import { type ExitCode, exitCodes } from '../diagnostics/exit-codes.js';
import { listedNames } from '../diagnostics/listed-names.js';
import { parseBytes } from '../formats/byte-size.js';
import { EventBus } from '../run/events.js';
import { type ExportOptions, exportAdapter, exportModel } from '../run/export.js';
import { selectRenderer } from '../run/render/select.js';
import { type AdapterSummary, type RestChoice, restChoices } from '../steps/export-adapter.js';
import type { AdapterExport } from '../workflow/workflow.js';

import { allowedPrograms, allowOption } from './allow-commands.js';
import type { Command, Invocation } from './command.js';
import { folderOption } from './folder-option.js';
import { listenForSignals } from './interruption.js';
import { loadOptions, workflowOf, workflowOptions } from './load-workflow.js';
import { openedStore, storeOption } from './opened-store.js';
import { print } from './output.js';
import { connectRemote, remoteOption } from './remote-option.js';

export const command: Command = {
  name: 'export',
  usage: 'FILE MODEL|UPDATE --to DIR',
  summary: 'Write a model of a workflow as a Hugging Face folder, or an update as a LoRA adapter',
  positionals: { min: 2, max: 2 },
  completes: ['workflow', 'exported'],
  options: {
    ...workflowOptions,
    ...storeOption,
    ...allowOption,
    ...remoteOption,
    to: { description: 'The folder to write; it must not be there yet', value: 'DIR', completes: 'folder' },
    'shard-size': { description: 'Largest weight file of a model, such as 2GB (5GB)', value: 'SIZE' },
    as: {
      description: 'model, or adapter: the largest directions of an update, as PEFT reads them (model)',
      value: 'FORM',
      completes: ['model', 'adapter'],
    },
    rank: { description: 'Of an adapter: rank r of its factors; over the rank of a tensor it means that', value: 'R' },
    rest: {
      description: 'Of an adapter: drop, or modules-to-save: what becomes of norms, biases and embeddings',
      value: 'CHOICE',
      completes: restChoices,
    },
    'training-seed': { description: 'Of a model with seeds, or made from one: which of them', value: 'SEED' },
    locked: { description: 'Refuse hub revisions that the lock file does not pin' },
  },
  details: [
    'The folder holds config.json, safetensors weights and, if the model has one, the tokenizer, as transformers writes',
    'them. What makes the model and is not cached is run first.',
    '',
    'With --as adapter the second argument is an update, and the folder a LoRA adapter: B = U √Σ and A = √Σ Vᵀ of the R',
    'largest singular values of each linear layer, lora_alpha = r. What the cut loses and what is left out is printed.',
    'Exit codes: 0 done, 1 a step failed, 2 invalid workflow or usage, 3 environment, 130 interrupted.',
  ].join('\n'),
  async run(invocation) {
    const [file, name] = invocation.positionals as [string, string];
    const folder = folderOption(invocation, 'to');
    if (folder === undefined) throw new UsageError('--to is missing', { hint: 'Name the folder to write: --to DIR.' });
    const write = formOf(invocation, name);
    const trainingSeed = seedOf(invocation);
    const workflow = await workflowOf(file, { ...loadOptions(invocation), exported: name });
    const events = new EventBus();
    const renderer = await selectRenderer(process.stdout, { json: false });
    events.subscribe((event) => {
      // Of a summary only the failures matter: the result is the folder.
      if (event.type !== 'summary' || event.failed > 0 || event.interrupted) renderer.handle(event);
    });
    const interruption = listenForSignals();
    const store = openedStore(invocation);
    const warn = (message: string, hint = '') => events.publish({ type: 'warning', message, hint });
    try {
      await connectRemote(store, invocation, { keep: true, signal: interruption.stop, warn });
      return await write({
        workflow,
        folder,
        store,
        trainingSeed,
        events,
        allow: (exported) => allowedPrograms(invocation, [exported]),
        locked: invocation.switch('locked'),
        signal: interruption.stop,
        killSignal: interruption.kill,
      });
    } finally {
      interruption.end();
      await renderer.close();
    }
  },
};

type Write = (options: Omit<ExportOptions, 'model' | 'shardBytes'>) => Promise<ExitCode>;

/** What --as asks for, with the options that go with it. */
function formOf(invocation: Invocation, name: string): Write {
  const form = invocation.value('as') ?? 'model';
  const refuse = (option: string, where: string) => {
    if (invocation.value(option) !== undefined) throw new UsageError(`--${option} is of ${where}`);
  };
  if (form === 'adapter') {
    refuse('shard-size', 'models: an adapter is one file');
    return adapterWriter({ update: name, rank: rankOf(invocation), rest: restOf(invocation) });
  }
  if (form !== 'model') throw new UsageError(`--as takes model or adapter, not ${form}`);
  for (const option of ['rank', 'rest']) refuse(option, '--as adapter');
  const size = invocation.value('shard-size');
  const shardBytes = size === undefined ? undefined : shardSize(size);
  return async (options) => {
    const exitCode = await exportModel({
      ...options,
      model: name,
      ...(shardBytes === undefined ? {} : { shardBytes }),
    });
    if (exitCode === exitCodes.done) print(`Model ${name} is in ${options.folder}\n`);
    return exitCode;
  };
}

function adapterWriter(adapter: AdapterExport): Write {
  return async (options) => {
    const { exitCode, summary } = await exportAdapter({ ...options, adapter });
    if (summary !== undefined) print(adapterText(adapter, options.folder, summary));
    return exitCode;
  };
}

function adapterText({ update, rest }: AdapterExport, folder: string, summary: AdapterSummary): string {
  const { layers, rank, energy, kept, rest: others, restEnergy } = summary;
  const ofWhole = `${percent(restEnergy / (energy + restEnergy))} of the energy of the whole update`;
  const lines = [
    `The adapter of ${update} is in ${folder}`,
    `  ${layers} linear ${layers === 1 ? 'layer' : 'layers'}, rank ${rank}: the cut loses ${percent(1 - kept / energy)} of their energy`,
  ];
  if (others.length > 0) {
    const what = `norm ${Number(Math.sqrt(restEnergy).toPrecision(6))}, ${ofWhole}: ${listedNames(others, 3)}`;
    lines.push(`  ${rest === 'drop' ? 'left out' : 'stored whole'}: ${others.length} other tensors, ${what}`);
  }
  return `${lines.join('\n')}\n`;
}

function percent(share: number): string {
  return `${Number((100 * Math.max(0, share)).toPrecision(4))} %`;
}

function seedOf(invocation: Invocation): number | undefined {
  const text = invocation.value('training-seed');
  if (text === undefined) return undefined;
  const seed = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seed)) {
    throw new UsageError(`--training-seed takes a whole number from 0 up, not ${text}`);
  }
  return seed;
}

function rankOf(invocation: Invocation): number {
  const text = invocation.value('rank');
  if (text === undefined) {
    throw new UsageError('--rank is missing', { hint: 'Say how many directions a layer keeps: --rank 16.' });
  }
  const rank = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(rank) || rank < 1) {
    throw new UsageError(`--rank takes a whole number above 0, not ${text}`);
  }
  return rank;
}

function restOf(invocation: Invocation): RestChoice | undefined {
  const text = invocation.value('rest');
  const choice = restChoices.find((known) => known === text);
  if (text !== undefined && choice === undefined) {
    throw new UsageError(`--rest takes ${restChoices.join(' or ')}, not ${text}`);
  }
  return choice;
}

function shardSize(text: string): number {
  const bytes = parseBytes(text);
  if (bytes === undefined || bytes < 1)
    throw new UsageError(`--shard-size takes a size such as 500MB or 2GB, not ${text}`);
  return bytes;
}
