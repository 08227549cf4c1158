import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidWorkflowError, UsageError } from '../diagnostics/errors.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import { resolvePrograms } from '../run/programs/resolve-programs.js';
import { loadStudy } from '../workflow/load.js';
import { type LocalInput, liesIn, localInputs } from '../workflow/local-inputs.js';
import type { NewFile } from './new-files.js';

/** A workflow that comes with runflow, for `runflow init` to copy. */
export interface Template {
  readonly name: string;
  /** What it asks: the first sentence of the comment at its beginning. */
  readonly summary: string;
  /** Absolute. */
  readonly file: string;
  readonly folder: string;
}

/** Folders of the package with workflows, and the order in which they are listed. */
const shippedFolders = ['workflows', 'examples'].map((name) =>
  fileURLToPath(new URL(`../../../${name}/`, import.meta.url)),
);

/** Every workflow that comes with runflow: files with a name of their own. Those without are parts of others. */
export function templates(): readonly Template[] {
  return shippedFolders.flatMap((folder) =>
    yamlFiles(folder).flatMap((file) => {
      const text = readFileSync(file, 'utf8');
      return isPart(text) ? [] : [{ name: basename(file, '.yaml'), summary: firstSentence(text), file, folder }];
    }),
  );
}

/** @throws UsageError when there is none of that name */
export function templateNamed(name: string): Template {
  const all = templates();
  const found = all.find((template) => template.name === name);
  if (found !== undefined) return found;
  const names = all.map((template) => template.name);
  const meant = nearest(name, names);
  throw new UsageError(`there is no template ${name}`, {
    hint: meant === undefined ? 'See runflow init --list.' : didYouMean(name, meant, meant),
  });
}

/**
 * All files of a template: its workflow first, what it includes with any of its profiles, the parts that lie beside it (for
 * the user to lay over it), data of its own, and the files of its programs.
 *
 * @param schema name of the schema that will stand beside the workflow; the line for editors at the top of a file names it
 */
export async function filesOfTemplate(template: Template, schema: string): Promise<readonly NewFile[]> {
  const { file, folder } = template;
  const profiles = yamlFiles(join(folder, 'profiles')).map((profile) => basename(profile, '.yaml'));
  const parts = yamlFiles(folder).filter((other) => isPart(readFileSync(other, 'utf8')));
  const files = new Set<string>([file]);
  for (const profile of [undefined, ...profiles]) {
    const loaded = await loadStudy(file, { profile });
    if (!loaded.ok) throw new InvalidWorkflowError(loaded.diagnostics);
    for (const read of loaded.value.files) files.add(read.file);
    const inputs = loaded.value.cells.flatMap((cell) => localInputs(cell.workflow));
    for (const { path } of inputs) if (liesIn(folder, path) && isFile(path)) files.add(path);
    const programs = loaded.value.cells.flatMap((cell) => resolvePrograms(cell.workflow));
    for (const program of programs.flatMap((one) => one.files)) files.add(program.file);
  }
  for (const part of parts) files.add(part);
  return [...files].map((path) => {
    const name = relative(folder, path);
    const content = readFileSync(path);
    return { name, content: name.endsWith('.yaml') ? withSchema(content.toString(), name, schema) : content };
  });
}

/** What a workflow names on this machine's disk that is not there. */
export async function missingInputs(workflow: string): Promise<readonly LocalInput[]> {
  const loaded = await loadStudy(workflow);
  if (!loaded.ok) throw new InvalidWorkflowError(loaded.diagnostics);
  const inputs = loaded.value.cells.flatMap((cell) => localInputs(cell.workflow));
  return inputs.filter(({ path }) => !existsSync(path));
}

/** A text whose first line leads an editor to the schema in the folder of the workflow. */
function withSchema(text: string, name: string, schema: string): string {
  const depth = name.split(/[\\/]/).length - 1;
  const way = depth === 0 ? './' : '../'.repeat(depth);
  return text.replace(/^(# yaml-language-server: \$schema=).*/, `$1${way}${schema}`);
}

function yamlFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.yaml'))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function isPart(text: string): boolean {
  return !/^name:/m.test(text);
}

/** The comment at the beginning, without the line for editors, up to the end of its first sentence. */
function firstSentence(text: string): string {
  const comment: string[] = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith('#')) break;
    if (!line.startsWith('# yaml-language-server:')) comment.push(line.replace(/^#\s*/, ''));
  }
  return /^.*?[.?](?=\s+["A-Z]|$)/.exec(comment.join(' '))?.[0] ?? comment.join(' ');
}
