import { UsageError } from '../diagnostics/errors.js';
import { exitCodes } from '../diagnostics/exit-codes.js';
import { printableLine } from '../diagnostics/printable.js';
import { findRun } from '../history/find-run.js';
import { restoreResults } from '../history/results-folder.js';
import type { Command } from './command.js';
import { folderOption } from './folder-option.js';
import { openedStore, storeOption } from './opened-store.js';
import { print, printJson } from './output.js';
import { ofOption, runNames } from './run-option.js';

export const command: Command = {
  name: 'restore',
  usage: 'RUN --to DIR',
  summary: 'Write the results folder of a run as the run left it, byte for byte',
  positionals: { min: 1, max: 1 },
  completes: ['run'],
  options: {
    ...storeOption,
    ...ofOption,
    to: { description: 'New or empty folder', value: 'DIR', completes: 'folder' },
    json: { description: 'Print one JSON object' },
  },
  details: [
    runNames,
    'Files come out of the store, each checked by its digest. What gc has collected meanwhile is named; the exit code is then 1.',
    'Files that other programs had put into the folder are named: the store never had them.',
  ].join('\n'),
  async run(invocation) {
    const to = folderOption(invocation, 'to');
    if (to === undefined) throw new UsageError('restore to where?', { hint: 'Give a new folder: --to DIR.' });
    const store = openedStore(invocation);
    const run = findRun(store, invocation.positionals[0]!, invocation.value('of'));
    const restored = await restoreResults(store, run.id, to);
    const { written, collected, foreign } = restored;
    if (invocation.switch('json')) {
      printJson({ run: run.id, to, ...restored });
    } else {
      print(`${written.length} files of run ${run.id} in ${printableLine(to)}\n`);
      for (const file of collected) print(`collected, and not restored: ${printableLine(file)}\n`);
      for (const file of foreign) print(`of another program, and not restored: ${printableLine(file)}\n`);
    }
    return collected.length > 0 ? exitCodes.stepFailed : exitCodes.done;
  },
};
