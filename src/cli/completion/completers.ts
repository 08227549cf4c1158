import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { userPath } from '../../formats/user-path.js';
import type { CompleterName } from '../command.js';
import type { Candidate, Candidates } from './candidate.js';
import type { Typed } from './words.js';

/** Finds what a word may be completed to. May give more than what begins with the word. */
type Completer = (word: string, typed: Typed) => Candidates | Promise<Candidates>;

/** Each loads what it needs when it is asked. What the files of a workflow say of themselves they say without a device. */
export const completers: { readonly [Name in CompleterName]: Completer } = {
  workflow: (word) => paths(word, /\.ya?ml$/),
  folder: (word) => paths(word, undefined),
  async profile(_word, typed) {
    const file = workflowFile(typed);
    return { candidates: file === undefined ? [] : await (await import('./of-workflow.js')).profileCandidates(file) };
  },
  async target(word, typed) {
    const file = workflowFile(typed);
    if (file === undefined) return { candidates: [] };
    return { candidates: await (await import('./of-workflow.js')).targetCandidates(file, typed.options, word) };
  },
  async setting(word, typed) {
    const file = workflowFile(typed);
    if (file === undefined) return { candidates: [] };
    return { candidates: await (await import('./of-workflow.js')).settingCandidates(file, typed.options, word) };
  },
  async exported(_word, typed) {
    const file = workflowFile(typed);
    if (file === undefined) return { candidates: [] };
    return { candidates: await (await import('./of-workflow.js')).exportedCandidates(file, typed.options) };
  },
  async template() {
    const { templates } = await import('../templates.js');
    return { candidates: templates().map(({ name, summary }) => ({ value: name, description: summary })) };
  },
  async run(_word, { options }) {
    const [{ Store }, { storeLocation }] = await Promise.all([
      import('../../store/store.js'),
      import('../../store/location.js'),
    ]);
    const given = options.get('store');
    const store = Store.open(storeLocation(given === undefined ? undefined : userPath(given), process.env));
    return { candidates: store.runs.list().map(({ id, workflow }) => ({ value: id, description: workflow })) };
  },
};

function workflowFile({ positionals: [file] }: Typed): string | undefined {
  return file === undefined ? undefined : file.startsWith('~') ? userPath(file) : file;
}

/** Folders, and files whose names match; hidden ones only when the word asks for them. */
function paths(word: string, files: RegExp | undefined): Candidates {
  const cut = word.lastIndexOf('/') + 1;
  const [typed, begun] = [word.slice(0, cut), word.slice(cut)];
  const folder = userPath(typed === '' ? '.' : typed);
  const names = readdirSync(folder).sort();
  const candidates = names.flatMap((name): Candidate[] => {
    if (!name.startsWith(begun) || (name.startsWith('.') && !begun.startsWith('.'))) return [];
    const isFolder = statSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory() ?? false;
    if (isFolder) return [{ value: `${typed}${name}/` }];
    return files?.test(name) ? [{ value: typed + name }] : [];
  });
  return { candidates, arePaths: true };
}
