import { join, relative } from 'node:path';
import { EnvironmentError, UsageError } from '../diagnostics/errors.js';
import { exitCodes } from '../diagnostics/exit-codes.js';
import { errorCode } from '../diagnostics/file-system-error.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import { placeFile } from '../formats/place-file.js';
import { readRegularFile } from '../formats/regular-file.js';
import { type FigureFormat, figureFormats, figureNames } from '../workflow/report.js';
import { allowOption } from './allow-commands.js';
import type { Command, Invocation } from './command.js';
import { finishedResults } from './finished-results.js';
import { folderOption } from './folder-option.js';
import { workflowOptions } from './load-workflow.js';
import { storeOption } from './opened-store.js';
import { print } from './output.js';

export const command: Command = {
  name: 'figures',
  usage: 'FILE [NAME…] --to DIR',
  summary: 'Write figures of the report as svg, pdf or png, from results that are there',
  positionals: { min: 1, max: Number.POSITIVE_INFINITY },
  completes: ['workflow', figureNames],
  options: {
    ...workflowOptions,
    ...storeOption,
    ...allowOption,
    to: { description: 'Folder to write to', value: 'DIR', completes: 'folder' },
    format: {
      description: "svg, pdf or png, or several with commas between (the workflow's report.formats)",
      value: 'FORMATS',
      completes: figureFormats,
    },
    columns: {
      description: "Width: 1 (3.25 in) or 2 (6.75 in) columns (the workflow's report.columns)",
      value: 'N',
      completes: ['1', '2'],
    },
  },
  details: [
    'NAME is the name of a figure, as files in figures/ of the results folder have it; without one all figures of the',
    'report are written. A file of the same name is replaced, and said to be. Nothing is run: what is not made yet is an',
    'error that says what to run (exit code 2). Of a matrix the cells stand side by side, on shared axes. pdf and png',
    'take optional packages: exit code 3 where they are missing. A figure that is higher than a page is several files,',
    'NAME-1, NAME-2 and so on.',
  ].join('\n'),
  async run(invocation) {
    const folder = folderOption(invocation, 'to');
    if (folder === undefined)
      throw new UsageError('--to is missing', { hint: 'Name the folder to write to: --to DIR.' });
    const [, ...names] = invocation.positionals;
    for (const name of names) checkKnown(name);
    refuseTwice('the figure', names);
    const formats = formatsOf(invocation);
    const columns = columnsOf(invocation);
    const results = await finishedResults(invocation);
    const { settings } = results;
    const choice = {
      columns: columns ?? settings.columns,
      formats: formats ?? (settings.formats.length > 0 ? settings.formats : (['svg'] as const)),
      ...(names.length > 0 ? { names } : {}),
    };
    // All are drawn before the first is written: an error leaves the folder as it was.
    const files: { readonly file: string; readonly bytes: Uint8Array }[] = [];
    for await (const file of results.figures(choice)) files.push(file);
    const lacking = names.find((name) => !files.some(({ file }) => file.startsWith(`${name}.`)));
    if (lacking !== undefined || files.length === 0) throw nothingToDraw(lacking);
    for (const { file, bytes } of files) {
      const path = join(folder, file);
      const told = fromHere(path);
      const before = contentOf(path);
      if (before?.equals(bytes)) print(`${told} (unchanged)\n`);
      else {
        await placeFile(path, bytes, '--to');
        print(`${told}${before === undefined ? '' : ' (replaced)'}\n`);
      }
    }
    return exitCodes.done;
  },
};

/** A path as the reader would type it: relative to the current folder when it lies in it. */
function fromHere(path: string): string {
  const inFolder = relative(process.cwd(), path);
  return inFolder.startsWith('..') ? path : inFolder;
}

function checkKnown(name: string): void {
  if ((figureNames as readonly string[]).includes(name)) return;
  const meant = nearest(name, figureNames);
  throw new UsageError(`there is no figure ${name}`, {
    hint: meant === undefined ? `Figures are ${figureNames.join(', ')}.` : didYouMean(name, meant, meant),
  });
}

function nothingToDraw(name: string | undefined): UsageError {
  const what = name === undefined ? 'no figure that the report shows' : `no figure ${name}`;
  return new UsageError(`the results have ${what}`, {
    hint: 'report.figures says which parts have figures; one with nothing to draw is left out.',
  });
}

function formatsOf(invocation: Invocation): readonly FigureFormat[] | undefined {
  const text = invocation.value('format');
  if (text === undefined) return undefined;
  const formats = text.split(',').map((one) => one.trim());
  refuseTwice('the format', formats);
  return formats.map((one) => {
    const format = figureFormats.find((known) => known === one);
    if (format !== undefined) return format;
    const hint = `Give one of them, or several with commas between: --format ${figureFormats.join(',')}.`;
    throw new UsageError(`--format takes ${figureFormats.join(', ')}, not ${one}`, { hint });
  });
}

function refuseTwice(what: string, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`${what} ${twice} is named twice`, { hint: 'Name it once.' });
}

function columnsOf(invocation: Invocation): 1 | 2 | undefined {
  const text = invocation.value('columns');
  if (text === undefined) return undefined;
  if (text !== '1' && text !== '2') throw new UsageError(`--columns takes 1 or 2, not ${text}`);
  return text === '1' ? 1 : 2;
}

function contentOf(file: string): Buffer | undefined {
  try {
    return readRegularFile(file);
  } catch (error) {
    if (errorCode(error) !== 'ENXIO') return undefined;
    throw new EnvironmentError(`${file} is in the way: it is not a regular file`, {
      cause: error,
      hint: 'Remove it, or name another folder with --to.',
    });
  }
}
