import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InvalidWorkflowError } from '../diagnostics/errors.js';
import type { Artifact, Artifacts } from '../formats/artifact.js';
import { dataFormatOf } from '../formats/data-file.js';
import { listNames, missingPathHint } from '../formats/file-access.js';
import { isLitter } from '../formats/litter.js';
import type { Store } from '../store/store.js';
import type { LocalFiles } from '../workflow/datasets/kind.js';
import type { Definition } from '../workflow/definition.js';

/** A dataset whose files the user has already. */
export type LocalDataset = Definition & LocalFiles;

/** Told of what a dataset's folder holds that looks like data and is not read. */
export type OnLeftOut = (message: string, hint: string) => void;

/**
 * The files of a dataset on this machine, hashed and remembered: the file itself, or of a folder those that the workflow
 * names (all data files, when it names none).
 * @throws InvalidWorkflowError naming what is not there, and what is
 */
export async function hashDataset(
  dataset: LocalDataset,
  store: Store,
  signal: AbortSignal | undefined,
  onLeftOut: OnLeftOut = () => undefined,
): Promise<Artifacts> {
  const { folder, names } = await filesOf(dataset, onLeftOut);
  const artifacts: Record<string, Artifact> = {};
  for (const name of names) {
    const file = join(folder, name);
    const { size } = await stat(file);
    const [digest] = await store.files.hash(file, [{ offset: 0, bytes: size }], signal === undefined ? {} : { signal });
    artifacts[`file/${name}`] = { digest: digest!, bytes: size, at: { file, offset: 0 } };
  }
  return artifacts;
}

async function filesOf(
  dataset: LocalDataset,
  onLeftOut: OnLeftOut,
): Promise<{ folder: string; names: readonly string[] }> {
  const { path, files } = dataset;
  const status = await stat(path).catch((error: NodeJS.ErrnoException) => error.code);
  if (status === 'ELOOP') throw refused(dataset, `${path} is a link that leads back to itself`, 'Link to the file.');
  if (status === undefined || typeof status === 'string') {
    const hint = `Paths are relative to the file that gives their beginning. ${await missingPathHint(path)}`;
    throw refused(dataset, `there is nothing at ${path}`, hint);
  }
  if (status.isDirectory()) return { folder: path, names: await namesIn(dataset, onLeftOut) };
  if (files !== undefined) {
    throw refused(dataset, `${path} is a file, and files chooses among those of a folder`, 'Remove files.');
  }
  if (!status.isFile()) throw refused(dataset, `${path} is not a regular file`, noRegularFile);
  const name = basename(path);
  if (dataFormatOf(name) === undefined) throw refused(dataset, `${path} is not a dataset file by its name`, readable);
  return { folder: dirname(path), names: [name] };
}

/** A pipe gives its bytes once, a device for ever: neither can be hashed and then read. */
const noRegularFile = 'A dataset is a file or a folder of files: write what a pipe or device gives into one.';
const readable = 'runflow reads .jsonl, .json, .csv and .tsv (also .gz or .xz), and .parquet.';

async function namesIn(dataset: LocalDataset, onLeftOut: OnLeftOut): Promise<readonly string[]> {
  const { path, files } = dataset;
  const there = (await readdir(path)).sort();
  const wanted = files ?? there.filter((name) => dataFormatOf(name) !== undefined && !isLitter(name));
  const found = await existing(path, wanted);
  const absent = wanted.filter((name) => !found.includes(name));
  const odd = await irregular(path, absent);
  if (odd.length > 0)
    throw refused(dataset, `${path} holds ${listNames(odd)}, which is not a regular file`, noRegularFile);
  const lost = files === undefined ? await brokenLinks(path, absent) : absent;
  if (lost.length > 0) {
    const what = files === undefined ? `${listNames(lost)} leads to no file` : `${path} holds no ${listNames(lost)}`;
    throw refused(dataset, what, `There is: ${listNames(there)}.`);
  }
  if (files === undefined) await tellLeftOut(dataset, there, onLeftOut);
  if (found.length > 0) return found;
  throw refused(dataset, `${path} holds no dataset file`, `There is: ${listNames(there)}. ${readable}`);
}

/** Names of what is neither file nor folder. */
async function irregular(folder: string, names: readonly string[]): Promise<readonly string[]> {
  const status = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return names.filter((_, index) => status[index] !== undefined && !status[index].isDirectory());
}

/** Names that are there and lead nowhere: what they were meant to lead to would be missing among the rows. */
async function brokenLinks(folder: string, names: readonly string[]): Promise<readonly string[]> {
  const status = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return names.filter((_, index) => status[index] === undefined);
}

/** Says what looks like data and is none: copies that systems and editors leave, and data in folders below. */
async function tellLeftOut(dataset: LocalDataset, there: readonly string[], onLeftOut: OnLeftOut): Promise<void> {
  const { name, path } = dataset;
  const litter = there.filter((entry) => isLitter(entry) && dataFormatOf(entry) !== undefined);
  const below: string[] = [];
  for (const entry of there.filter((candidate) => !isLitter(candidate))) {
    const inside = await readdir(join(path, entry)).catch(() => []);
    if (inside.some((file) => dataFormatOf(file) !== undefined && !isLitter(file))) below.push(`${entry}/`);
  }
  if (litter.length + below.length === 0) return;
  onLeftOut(
    `dataset ${name}: of ${path} ${listNames([...litter, ...below])} is not read`,
    'What systems and editors leave behind is not data, and folders below are not looked into: name files with `files`.',
  );
}

/** Those that are files; links to files count, as a folder of the Hugging Face cache has nothing else. */
async function existing(folder: string, names: readonly string[]): Promise<readonly string[]> {
  const status = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return names.filter((_, index) => status[index]?.isFile());
}

function refused(dataset: LocalDataset, what: string, hint: string): InvalidWorkflowError {
  const message = `dataset ${dataset.name}: ${what}`;
  return new InvalidWorkflowError([{ severity: 'error', code: 'missing-path', message, range: dataset.range, hint }]);
}
