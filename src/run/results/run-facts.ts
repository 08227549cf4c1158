import { basename, posix } from 'node:path';
import { shellWord } from '../../diagnostics/shell-word.js';
import type { RunFacts, StepGroup } from '../../report/run/run-facts.js';
import { choiceOf } from '../../workflow/cell-choice.js';
import { hasMatrix, type Study, type StudyCell } from '../../workflow/study.js';
import type { Prepared } from '../prepare.js';
import type { WorkflowRepository } from '../repository.js';
import type { StepTime } from '../run-times.js';
import type { RunRecords } from '../schedule/run-records.js';
import { type FolderChanges, isReport } from './folder-changes.js';

/** A picture of more groups is none: beyond this the steps of a kind are one. */
const mostGroups = 40;

/** A run as it is when its results are published. */
export interface RunToTell {
  readonly run: string;
  readonly study: Study;
  /** The cell that the page is of; undefined: it is of all cells of a matrix. */
  readonly cell: StudyCell | undefined;
  readonly targets: readonly string[];
  /** Folder of the page, below that of the results; `.`: that one. */
  readonly folder: string;
  readonly prepared: Prepared;
  readonly records: RunRecords;
  readonly times: readonly StepTime[];
  readonly repository: WorkflowRepository | undefined;
  readonly device: string | undefined;
  readonly versions: Readonly<Record<string, string>>;
  readonly started: Date;
  readonly seconds: number;
  /** Takes out of a text what must not be published. */
  readonly redacted: (text: string) => string;
}

/** What the page of a run's results tells of the run. */
export async function runFacts(told: RunToTell, changes: FolderChanges): Promise<RunFacts> {
  const { prepared, records, times, repository, redacted } = told;
  const { workflow } = told.cell ?? told.study.cells[0]!;
  const { stringify } = await import('yaml');
  const nameOf = groupNames(prepared);
  const { ran, cached, failed } = records.counts();
  return {
    run: told.run,
    started: told.started,
    seconds: told.seconds,
    counts: { ran, cached, failed },
    command: redacted(commandText(told)),
    workflow: {
      file: repository?.file ?? basename(workflow.file),
      text: redacted(
        told.cell === undefined
          ? workflow.written.texts[0]!.text
          : stringify(workflow.document, { aliasDuplicateObjects: false }),
      ),
      isApplied: told.cell !== undefined,
    },
    timeline: posix.join(posix.relative(told.folder, '.'), 'timeline.json'),
    repository,
    device: told.device,
    versions: told.versions,
    hub: prepared.plan.hub.flatMap(({ name, repo, commit }) => (commit === undefined ? [] : [{ name, repo, commit }])),
    changes: { ...changes, reasons: reasonsOf(told) },
    groups: groupsOf(told, nameOf),
    spans: times.map(({ step, group, start, end }) => ({ group: nameOf.get(step) ?? group, start, end })),
  };
}

/** The command, in the folder of the workflow; of a cell of a matrix the one that makes it alone. */
function commandText({ study, cell, targets, prepared }: RunToTell): string {
  const { profile, set, semantics } = study.applied;
  const words = [
    ...['runflow', 'run', basename(study.file), ...(hasMatrix(study) ? [] : targets)],
    ...(profile === undefined ? [] : ['--profile', profile]),
    ...(cell === undefined ? study.asked : choiceOf(cell, study.axes)).flatMap((choice) => ['--matrix', choice]),
    ...set.flatMap((setting) => ['--set', setting]),
    ...(semantics === undefined ? [] : ['--semantics', semantics]),
    ...(prepared.plan.hub.length > 0 ? ['--locked'] : []),
  ];
  return words.map(shellWord).join(' ');
}

/** Steps by why they ran; what only followed from others is counted together. Pages tell of nothing new. */
function reasonsOf({ prepared, times }: RunToTell): RunFacts['changes']['reasons'] {
  const pages = new Set(prepared.plan.results.flatMap(({ file, node }) => (isReport(file) ? [node] : [])));
  const counts = new Map<string, number>();
  for (const { step, reason, attempt } of times) {
    if (attempt > 1 || pages.has(step)) continue;
    // What changed of a step itself stands before what changed of its inputs.
    const text = reason.startsWith('input') ? 'their inputs are others' : reason.split('; input ')[0]!;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, steps]) => ({ text, steps })).sort((a, b) => b.steps - a.steps);
}

/** The group of each step. */
function groupNames({ steps }: Prepared): ReadonlyMap<string, string> {
  const groups = new Set(steps.map(({ group }) => group));
  return new Map(steps.map(({ id, group, kind }) => [id, groups.size > mostGroups ? kind : group]));
}

function groupsOf({ prepared, records, times }: RunToTell, nameOf: ReadonlyMap<string, string>): StepGroup[] {
  const groups = new Map<string, { counts: { -readonly [K in keyof StepGroup['counts']]: number }; seconds: number; after: Set<string> }>(); // biome-ignore format: one line
  for (const { id, inputs } of prepared.steps) {
    const name = nameOf.get(id)!;
    const empty = { counts: { ran: 0, cached: 0, failed: 0, notRun: 0 }, seconds: 0, after: new Set<string>() };
    const group = groups.get(name) ?? empty;
    groups.set(name, group);
    const state = records.get(id)?.state;
    group.counts[state === 'ran' || state === 'cached' || state === 'failed' ? state : 'notRun'] += 1;
    for (const { node } of Object.values(inputs)) {
      const before = nameOf.get(node);
      if (before !== undefined && before !== name) group.after.add(before);
    }
  }
  for (const { step, start, end } of times) {
    const group = groups.get(nameOf.get(step) ?? '');
    if (group !== undefined) group.seconds += end - start;
  }
  return [...groups].map(([name, { counts, seconds, after }]) => ({ name, counts, seconds, after: [...after] }));
}
