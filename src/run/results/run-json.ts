import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { runflowVersion } from '../../diagnostics/version.js';
import type { Artifacts } from '../../formats/artifact.js';
import type { Step } from '../../steps/step.js';
import { hasMatrix, type Study, type StudyCell } from '../../workflow/study.js';
import type { LoadedWorkflow } from '../../workflow/workflow.js';
import type { Prepared } from '../prepare.js';
import type { RunRecords } from '../schedule/run-records.js';
import type { FolderContents } from './folder.js';
import { cellFolder } from './name.js';
import { settingsBehind, settingsText } from './record.js';

export interface RunDescription {
  readonly run: string;
  readonly study: Study;
  readonly prepared: Prepared;
  readonly records: RunRecords;
  readonly targets: readonly string[];
  readonly device: { readonly deviceClass: string; readonly description: string } | undefined;
  readonly versions: Readonly<Record<string, string>>;
  readonly started: Date;
  readonly finished: Date;
  readonly interrupted: boolean;
  /** Takes out of a text what must not be kept. */
  readonly redacted: (text: string) => string;
  /** Contents of the results folder. */
  readonly contents: FolderContents;
}

/** The text of `run.json`: what was run, from what, on what, and what came out. */
export function runJson(run: RunDescription): string {
  const { study, device } = run;
  const [{ workflow: first }] = study.cells as [StudyCell];
  const { plan, steps, situation } = run.prepared;
  const settings = settingsText(study);
  const outcome = run.interrupted ? 'interrupted' : run.records.counts().failed > 0 ? 'failed' : 'done';
  const record = {
    run: run.run,
    outcome,
    started: run.started.toISOString(),
    finished: run.finished.toISOString(),
    seconds: (run.finished.getTime() - run.started.getTime()) / 1000,
    versions: run.versions,
    device: device === undefined ? null : { deviceClass: device.deviceClass, description: device.description },
    workflow: {
      name: study.name,
      file: study.file,
      ...(hasMatrix(study)
        ? { profile: study.profile ?? null, axes: study.axes }
        : { profile: first.profile ?? null, semantics: first.semantics }),
      settings: JSON.parse(settings),
      files: study.files,
      ...(hasMatrix(study)
        ? { cells: study.cells.map((cell) => cellRecord(cell, run)) }
        : { document: documentOf(first, run) }),
    },
    targets: run.targets,
    sources: Object.fromEntries([...situation.sources].map(([node, artifacts]) => [node, digestsOf(artifacts)])),
    hub: plan.hub,
    omitted: plan.omitted,
    notes: plan.notes,
    deferred: plan.deferred,
    steps: steps.map((step) => stepRecord(step, run)),
    results: run.contents.files.map(({ settings: of, ...file }) =>
      of === settingsBehind(file.file, settings) || file.digest === null
        ? file
        : { ...file, settings: of === undefined ? null : JSON.parse(of) },
    ),
    foreign: run.contents.foreign,
  };
  return `${JSON.stringify(record, null, 1)}\n`;
}

/** What a cell was, and where its results are. */
function cellRecord({ label, coordinates, workflow }: StudyCell, run: RunDescription) {
  return {
    cell: label,
    coordinates: Object.fromEntries(coordinates),
    folder: cellFolder(label),
    profile: workflow.profile ?? null,
    semantics: workflow.semantics,
    document: documentOf(workflow, run),
  };
}

/** The workflow's document without what must not be kept, should somebody have written it there. */
function documentOf({ document }: LoadedWorkflow, { redacted }: RunDescription): unknown {
  return JSON.parse(JSON.stringify(document), (_, value: unknown) =>
    typeof value === 'string' ? redacted(value) : value,
  );
}

function stepRecord(step: Step, { records, prepared }: RunDescription) {
  const record = records.get(step.id);
  const outcome = prepared.outcomes.get(step.id);
  const { state, seconds, problem } = record ?? { state: 'waiting', seconds: undefined, problem: undefined };
  return {
    id: step.id,
    ...(step.cell === undefined ? {} : { cell: step.cell }),
    kind: step.kind,
    status: state === 'waiting' || state === 'ready' || state === 'running' ? 'not-run' : state,
    key: outcome?.key ?? null,
    ...(seconds === undefined ? {} : { seconds }),
    ...(problem === undefined ? {} : { problem }),
  };
}

function digestsOf(artifacts: Artifacts): Record<string, string> {
  return Object.fromEntries(Object.entries(artifacts).map(([name, { digest }]) => [name, digest]));
}

/** Versions of what results may depend on: runflow, Node, and Dawn's Node package. */
export function versions(): Readonly<Record<string, string>> {
  return { runflow: runflowVersion(), node: process.versions.node, webgpu: dawnVersion() };
}

/** Version of Dawn by its package.json, without loading it. */
function dawnVersion(): string {
  const paths = createRequire(import.meta.url).resolve.paths('webgpu') ?? [];
  for (const path of paths) {
    try {
      return versionIn(`${path}/webgpu/package.json`);
    } catch {
      // Not in this node_modules folder.
    }
  }
  return 'absent';
}

function versionIn(file: string): string {
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
