import type { Json } from '../../formats/json.js';
import { expand } from '../../plan/expand.js';
import { type CellPlan, mergePlans } from '../../plan/merge.js';
import type { Plan } from '../../plan/plan.js';
import { readPins } from '../../run/hub-pins.js';
import { StudyCatalog } from '../../run/study-catalog.js';
import { storeLocation } from '../../store/location.js';
import { Store } from '../../store/store.js';
import { listProfiles, loadStudy } from '../../workflow/load.js';
import type { Study } from '../../workflow/study.js';
import type { LoadedWorkflow } from '../../workflow/workflow.js';
import type { Candidate } from './candidate.js';

/** Enough to choose from; a plan may have a hundred thousand steps. */
const mostSteps = 500;

type Options = ReadonlyMap<string, string>;

export async function profileCandidates(file: string): Promise<Candidate[]> {
  const listed = await listProfiles(file);
  if (!listed.ok) return [];
  return listed.value.profiles.map(({ name, models }) => ({
    value: name,
    description: Object.keys(models).join(', '),
  }));
}

/** Models and updates, of which `runflow export` takes one. */
export async function exportedCandidates(file: string, options: Options): Promise<Candidate[]> {
  const workflow = await read(file, options);
  if (workflow === undefined) return [];
  const names = (section: 'models' | 'updates') =>
    [...workflow[section].keys()].map((value) => ({ value, description: section.slice(0, -1) }));
  return options.get('as') === 'adapter' ? names('updates') : names('models');
}

/** Paths that `--set` may replace, level by level: `params.` and then `params.lr=`. */
export async function settingCandidates(file: string, options: Options, word: string): Promise<Candidate[]> {
  const workflow = await read(file, options);
  if (workflow === undefined || word.includes('=')) return [];
  const above = word.split('.').slice(0, -1);
  let node: Json | undefined = workflow.document;
  for (const key of above) node = childrenOf(node)?.find(([name]) => name === key)?.[1];
  return (childrenOf(node) ?? [])
    .filter(([name]) => name !== 'runflow')
    .map(([name, value]) => {
      const path = [...above, name].join('.');
      if (childrenOf(value) !== undefined) return { value: `${path}.` };
      return { value: `${path}=`, description: `now ${JSON.stringify(value)}` };
    });
}

/**
 * What a run may be asked for: definitions and kinds of steps; the ids of steps where the word names a kind already. Planned as
 * far as the files at hand tell it: no device is looked for, nothing is hashed or fetched.
 */
export async function targetCandidates(file: string, options: Options, word: string): Promise<Candidate[]> {
  const study = await readStudy(file, options);
  if (study === undefined) return [];
  const plan = await planOf(study);
  if (word.includes('[')) {
    return plan.steps.flatMap(({ id }) => (id.startsWith(word) ? [{ value: id }] : [])).slice(0, mostSteps);
  }
  const definitions = [...plan.named.keys()].map((definition) => {
    const [section, ...name] = definition.split('.');
    return name.length === 0 ? { value: definition } : { value: name.join('.'), description: section! };
  });
  const kinds = [...new Set(plan.steps.map(({ kind }) => kind))];
  const known = new Map<string, Candidate>(kinds.map((value) => [value, { value, description: 'steps of this kind' }]));
  for (const candidate of definitions) known.set(candidate.value, candidate);
  return [...known.values()];
}

async function planOf(study: Study): Promise<Plan> {
  const catalog = new StudyCatalog(study, Store.open(storeLocation(undefined, process.env)));
  const pins = await readPins(study);
  const cells: CellPlan[] = [];
  for (const cell of study.cells) {
    const facts = { models: await catalog.facts(cell.label), commits: pins.get(cell.label)! };
    cells.push({ ...cell, folder: cell.label, plan: expand(cell.workflow, facts) });
  }
  return mergePlans(cells);
}

/** The workflow of the first cell: what can be named is mostly the same in all. */
async function read(file: string, options: Options): Promise<LoadedWorkflow | undefined> {
  const study = await readStudy(file, options);
  return study?.cells[0]?.workflow;
}

async function readStudy(file: string, options: Options): Promise<Study | undefined> {
  const loaded = await loadStudy(file, { profile: options.get('profile') });
  return loaded.ok ? loaded.value : undefined;
}

function childrenOf(node: Json | undefined): readonly (readonly [string, Json])[] | undefined {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return undefined;
  return Object.entries(node);
}
