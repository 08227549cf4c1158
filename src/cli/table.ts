import { UsageError } from '../diagnostics/errors.js';
import { exitCodes } from '../diagnostics/exit-codes.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import { tableText } from '../report/paper-tables/table-files.js';
import { tableFormats } from '../workflow/report.js';
import { allowOption } from './allow-commands.js';
import type { Command } from './command.js';
import { finishedResults } from './finished-results.js';
import { workflowOptions } from './load-workflow.js';
import { storeOption } from './opened-store.js';
import { print } from './output.js';

export const command: Command = {
  name: 'table',
  usage: 'FILE NAME',
  summary: 'Print a table in the layout of papers as LaTeX, Markdown or CSV, from results that are there',
  positionals: { min: 2, max: 2 },
  completes: ['workflow'],
  options: {
    ...workflowOptions,
    ...storeOption,
    ...allowOption,
    format: { description: 'tex, md or csv (md)', value: 'FORMAT', completes: tableFormats },
  },
  details: [
    'NAME is the name of a table, as files in tables/ of the results folder have it: that of the part of the report, such as',
    'energy or overlap; behaviour-METRIC of projected updates, models-METRIC of whole models, groups-METRIC of groups of items. A',
    'name that is not there is answered with those that are. LaTeX is a tabular with the rules of booktabs. Nothing is run: what is not made yet is an',
    'error that says what to run (exit code 2). Of a matrix each cell has a block of rows.',
  ].join('\n'),
  async run(invocation) {
    const [, name] = invocation.positionals as [string, string];
    const given = invocation.value('format') ?? 'md';
    const format = tableFormats.find((known) => known === given);
    if (format === undefined) {
      const hint = 'Give one of them, or leave --format out for md.';
      throw new UsageError(`--format takes ${tableFormats.join(', ')}, not ${given}`, { hint });
    }
    const tables = (await finishedResults(invocation)).tables();
    const table = tables.find((one) => one.name === name);
    if (table === undefined) {
      const names = tables.map((one) => one.name);
      const meant = nearest(name, names);
      const all = names.length === 0 ? 'The report shows no part that has one.' : `There are ${names.join(', ')}.`;
      throw new UsageError(`the results have no table ${name}`, {
        hint: meant === undefined ? all : didYouMean(name, meant, meant),
      });
    }
    print(tableText(table, format));
    return exitCodes.done;
  },
};
