import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { staysInside } from '../../formats/inner-path.js';
import { isLitter } from '../../formats/litter.js';

/** So many names are looked at for one pattern. */
const mostEntries = 50_000;

/** Why the files of a pattern cannot be told. */
export class PatternProblem extends Error {
  readonly hint: string | undefined;
  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/**
 * Names of the files in a folder that match a pattern: `*` and `?` stand for characters of a name, `**` for any folders.
 * What begins with a point is only found where the pattern says the point; what systems, editors and Python leave is
 * not found. Links to files inside the folder count as files.
 *
 * @throws PatternProblem when nothing matches, or something does that is no file inside the folder
 */
export function filesMatching(folder: string, pattern: string): string[] {
  const found = new Set<string>();
  const budget = { left: mostEntries };
  const pending: { readonly below: string; readonly parts: readonly string[] }[] = [
    { below: '', parts: pattern.split('/') },
  ];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [part, ...rest] = next.parts as [string, ...string[]];
    if (part === '**') {
      if (rest.length > 0) pending.push({ below: next.below, parts: rest });
      for (const entry of entriesOf(folder, next.below, budget)) {
        const name = joined(next.below, entry.name);
        if (isHidden(entry.name)) continue;
        if (isFolder(folder, name, entry)) pending.push({ below: name, parts: next.parts });
        else if (rest.length === 0) found.add(fileAt(folder, name));
      }
      continue;
    }
    const matches = matcher(part);
    for (const entry of entriesOf(folder, next.below, budget)) {
      if (!matches(entry.name)) continue;
      const name = joined(next.below, entry.name);
      if (rest.length > 0) {
        if (isFolder(folder, name, entry)) pending.push({ below: name, parts: rest });
      } else if (!isFolder(folder, name, entry)) found.add(fileAt(folder, name));
    }
  }
  if (found.size > 0) return [...found].sort();
  throw new PatternProblem(`${pattern} matches no file`, `It is looked for in ${folder}.`);
}

/** The name of a file that is really inside the folder. @throws PatternProblem when it is not, or is no regular file */
export function fileAt(folder: string, name: string): string {
  let real: string;
  try {
    real = realpathSync(join(folder, name));
  } catch {
    throw new PatternProblem(`${name} is a link that leads nowhere`);
  }
  if (!staysInside(relative(realpathSync(folder), real))) {
    throw new PatternProblem(`${name} leads out of the workflow's folder`, 'Copy the file into the folder.');
  }
  if (!statSync(real).isFile()) throw new PatternProblem(`${name} is not a regular file`);
  return name;
}

function joined(below: string, name: string): string {
  return below === '' ? name : `${below}/${name}`;
}

function entriesOf(folder: string, below: string, budget: { left: number }): Dirent[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(join(folder, below), { withFileTypes: true });
  } catch (error) {
    throw new PatternProblem(`${join(folder, below)} cannot be read: ${(error as Error).message}`);
  }
  budget.left -= entries.length;
  if (budget.left < 0) {
    throw new PatternProblem(`more than ${mostEntries} names would have to be looked at`, 'Name a folder: lib/**.');
  }
  return entries;
}

/** A link to a folder is none: its files may lie anywhere, and links may lead in circles. */
function isFolder(folder: string, name: string, entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  const leadsToFolder = statSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (!leadsToFolder) return false;
  throw new PatternProblem(`${name} is a link to a folder`, 'Copy the folder, or name other files.');
}

function isHidden(name: string): boolean {
  return name.startsWith('.') || name === '__pycache__' || isLitter(name);
}

function matcher(part: string): (name: string) => boolean {
  const text = part
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '[^/]*')
    .replace(/\?/g, '[^/]');
  const pattern = new RegExp(`^${text}$`, 'u');
  const isPlain = !/[*?]/.test(part);
  return (name) => (isPlain ? name === part : (part.startsWith('.') || !isHidden(name)) && pattern.test(name));
}
