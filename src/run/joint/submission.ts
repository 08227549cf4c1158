import { EnvironmentError, InvalidWorkflowError } from '../../diagnostics/errors.js';
import { listedNames } from '../../diagnostics/listed-names.js';
import { runflowVersion } from '../../diagnostics/version.js';
import type { Artifacts } from '../../formats/artifact.js';
import { type Digest, digestOf } from '../../formats/digest.js';
import type { ClusterResources } from '../../workflow/cluster.js';
import { type LoadOptions, loadStudy } from '../../workflow/load.js';
import type { Semantics } from '../../workflow/semantics.js';
import type { Study } from '../../workflow/study.js';
import type { FileText } from '../../workflow/workflow.js';
import { filesOf } from '../../workflow/written.js';
import type { RunEvent } from '../events.js';
import type { PinnedCommits } from '../hub-pins.js';
import type { Prepared } from '../prepare.js';
import type { JointTiming } from './timing.js';

/** What a joint run is, as it was submitted: later edits of the workflow's files do not reach it. No secret is in it. */
export interface Submission {
  /** Version of runflow: its runners must be of the same one. */
  readonly version: string;
  /** The workflow's own file; absolute. */
  readonly file: string;
  readonly texts: readonly FileText[];
  /** Folder that paths of the settings are relative to. */
  readonly folder: string;
  readonly profile?: string;
  readonly set: readonly string[];
  readonly semantics?: Semantics;
  readonly matrix: readonly string[];
  readonly targets: readonly string[];
  readonly force: readonly string[];
  readonly keepGoing: boolean;
  readonly retries: number;
  readonly deviceBusySeconds: number;
  /** Absolute folder for results. */
  readonly results: string;
  /** Commits of hub models and datasets: by cell, then by name. */
  readonly commits: readonly (readonly [cell: string, readonly (readonly [name: string, commit: string])[]])[];
  /** Digests of sources: by node, then by file. */
  readonly sources: Readonly<Record<string, Readonly<Record<string, Digest>>>>;
  /** Programs of the user's that may be run. */
  readonly programs: readonly Digest[];
  /** Whether the submitting side has a runner too, for steps that need the network. */
  readonly runsHere: boolean;
  /** Whether runners of the queue take steps that need the network. */
  readonly network: boolean;
  /** Path of Node.js on the machines of the queue; absent: that of the submitting process. */
  readonly node?: string;
  /** Name of the queue, and how many runners it was asked for. */
  readonly executor: string;
  /** Absolute path of the executors file; absent: the submitting side has none. */
  readonly executorsFile?: string;
  readonly jobs: number;
  readonly resources: ClusterResources;
  /** Names of variables that runners get. */
  readonly variables: readonly string[];
  readonly timing: JointTiming;
  /** ISO 8601 */
  readonly started: string;
  /** The plan as it was, for whoever follows. */
  readonly announced: Extract<RunEvent, { type: 'run-started' }>;
}

/** How a submission reads its workflow, again and again the same. */
type AsRead = Pick<Submission, 'file' | 'texts' | 'folder' | 'profile' | 'set' | 'semantics' | 'matrix'>;

/** The texts of a study with what the command line said. @param folder that relative paths of settings are relative to */
export function asRead(study: Study, options: LoadOptions, folder: string): AsRead {
  const texts = study.cells.flatMap(({ workflow }) => workflow.written.texts.map((one) => [one.file, one] as const));
  const { profile, set = [], semantics, matrix = [] } = options;
  return {
    file: study.file,
    texts: [...new Map(texts).values()],
    folder,
    ...(profile === undefined ? {} : { profile }),
    set,
    ...(semantics === undefined ? {} : { semantics }),
    matrix,
  };
}

/**
 * The study that was submitted, of the texts that were submitted.
 * @throws EnvironmentError when this host has another runflow; InvalidWorkflowError when the texts are not valid here
 */
export async function submittedStudy(submission: Submission): Promise<Study> {
  requireSameVersion(submission);
  const { file, texts, folder, profile, set, semantics, matrix } = submission;
  const loaded = await loadStudy(file, { profile, set, semantics, matrix, folder }, filesOf(texts));
  if (!loaded.ok) throw new InvalidWorkflowError(loaded.diagnostics);
  return loaded.value;
}

function requireSameVersion({ version }: Submission): void {
  const here = runflowVersion();
  if (version === here) return;
  throw new EnvironmentError(`the run was submitted by runflow ${version}, and this host has runflow ${here}`, {
    hint: 'Install one version for all hosts, on a file system that they share, and run the same command again.',
  });
}

export function pinnedCommits({ commits }: Submission): PinnedCommits {
  return new Map(commits.map(([cell, names]) => [cell, new Map(names)]));
}

/** Digests of what a plan reads that no step makes, by node and by file. */
export function sourceDigests({ situation }: Pick<Prepared, 'situation'>): Submission['sources'] {
  return Object.fromEntries([...situation.sources].map(([node, artifacts]) => [node, digestsByFile(artifacts)]));
}

function digestsByFile(artifacts: Artifacts): Record<string, Digest> {
  const files = new Map<string, string[]>();
  for (const [name, { digest, at }] of Object.entries(artifacts).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const file = at?.file ?? name;
    files.set(file, [...(files.get(file) ?? []), `${name} ${digest}`]);
  }
  return Object.fromEntries([...files].map(([file, parts]) => [file, digestOf(parts.join('\n'))]));
}

/**
 * Compares what this host sees of the sources with what was submitted. Sources that could only be planned later are new.
 * @throws EnvironmentError that names the files that differ
 */
export function requireSubmittedSources(submitted: Submission['sources'], prepared: Pick<Prepared, 'situation'>): void {
  for (const [node, found] of Object.entries(sourceDigests(prepared))) {
    const expected = submitted[node];
    if (expected === undefined) continue;
    const names = new Set([...Object.keys(expected), ...Object.keys(found)]);
    const other = [...names].filter((name) => expected[name] !== found[name]);
    if (other.length === 0) continue;
    const source = node.replace(/^source\[(.*)\]$/, '$1');
    throw new EnvironmentError(`${source} is not what was submitted: ${listedNames(other, 3)}`, {
      hint: 'Put back what was there, or let this run end and run the same command again: it takes the files as they are.',
    });
  }
}
