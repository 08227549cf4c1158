import { UsageError } from '../diagnostics/errors.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import type { RunRecord } from '../store/runs.js';
import type { Store } from '../store/store.js';

const listHint = 'runflow runs lists them.';
const tagPattern = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;
const mostTags = 16;

/** What narrows down which runs are meant: of a workflow (by name or file), with tags, in a state. */
export interface RunFilter {
  readonly workflow?: string | undefined;
  readonly tags?: readonly string[];
  readonly state?: string | undefined;
}

/** How a run stands now. */
export type RunState = NonNullable<RunRecord['outcome']> | 'running' | 'killed';

const runStates: readonly RunState[] = ['done', 'failed', 'interrupted', 'running', 'killed'];

export function stateOf(store: Store, run: RunRecord): RunState {
  return run.outcome ?? (store.runs.isActive(run) ? 'running' : 'killed');
}

/** Runs that a filter lets through, newest first. @throws UsageError for a state that there is not */
export function filteredRuns(store: Store, { workflow, tags = [], state }: RunFilter): readonly RunRecord[] {
  if (state !== undefined && !runStates.some((known) => known === state)) {
    const meant = nearest(state, runStates);
    const hint = meant === undefined ? `Give one of ${runStates.join(', ')}.` : didYouMean(state, meant, meant);
    throw new UsageError(`there is no state ${state} of a run`, { hint });
  }
  return ofWorkflow(store.runs.list(), workflow).filter(
    (run) => tags.every((tag) => run.tags?.includes(tag)) && (state === undefined || stateOf(store, run) === state),
  );
}

/**
 * The run that a name means: an id, the beginning of one, `last` (the newest), `last~2` (two before it), or a tag.
 * @param workflow counts only runs of this workflow, by its name or file
 * @throws UsageError when none is meant, or several
 */
export function findRun(store: Store, name: string, workflow?: string): RunRecord {
  const runs = ofWorkflow(store.runs.list(), workflow);
  if (runs.length === 0)
    throw new UsageError(`there are no runs in ${store.path}`, { hint: 'runflow run FILE makes one.' });
  const back = /^last(?:~(\d{1,6}))?$/.exec(name);
  if (back !== null) {
    const run = runs[Number(back[1] ?? 0)];
    if (run !== undefined) return run;
    throw new UsageError(`there is no run ${name}: ${runs.length} ${runs.length === 1 ? 'is' : 'are'} remembered`, {
      hint: listHint,
    });
  }
  const exact = runs.find(({ id }) => id === name);
  if (exact !== undefined) return exact;
  const tagged = runs.filter(({ tags }) => tags?.includes(name));
  if (tagged.length > 0) return onlyOne(tagged, `have the tag ${name}`);
  const begun = runs.filter(({ id }) => id.startsWith(name));
  if (begun.length > 0) return onlyOne(begun, `begin with ${name}`);
  const known = runs.flatMap(({ id, tags = [] }) => [id, ...tags]);
  const meant = nearest(name, [...known, 'last']);
  throw new UsageError(`there is no run ${name}`, {
    hint: meant === undefined ? listHint : didYouMean(name, meant, meant),
  });
}

function onlyOne(runs: readonly RunRecord[], what: string): RunRecord {
  if (runs.length === 1) return runs[0]!;
  const shown = runs.slice(0, 3).map(({ id }) => id);
  const more = runs.length > shown.length ? ', …' : '';
  throw new UsageError(`${runs.length} runs ${what}: ${shown.join(', ')}${more}`, { hint: 'Give more of the id.' });
}

/** @param workflow a name, or the end of a file's path */
function ofWorkflow(runs: readonly RunRecord[], workflow: string | undefined): readonly RunRecord[] {
  if (workflow === undefined) return runs;
  const file = workflow.replace(/^(\.\/)+/, '');
  const found = runs.filter((run) => run.workflow === workflow || run.file === file || run.file.endsWith(`/${file}`));
  if (found.length > 0) return found;
  const names = new Set(runs.flatMap((run) => [run.workflow, run.file.slice(run.file.lastIndexOf('/') + 1)]));
  const meant = nearest(workflow, names);
  throw new UsageError(`there is no run of a workflow ${workflow}`, {
    hint: meant === undefined ? listHint : didYouMean(workflow, meant, meant),
  });
}

/**
 * Tags as a run may have them, each once.
 * @throws UsageError for what is no tag, or could be taken for another name of a run
 */
export function checkedTags(given: readonly string[]): readonly string[] {
  const tags = [...new Set(given)];
  if (tags.length > mostTags) throw new UsageError(`a run has at most ${mostTags} tags, not ${tags.length}`);
  for (const tag of tags) {
    if (/^last(~.*)?$/.test(tag)) {
      throw new UsageError(`${tag} cannot be a tag: it means the newest run`, { hint: 'Choose another word.' });
    }
    if (!tagPattern.test(tag)) {
      const hint = 'A tag begins with a letter and has letters, digits, ".", "_" and "-", at most 64 in all.';
      throw new UsageError(`${tag} cannot be a tag`, { hint });
    }
  }
  return tags;
}
