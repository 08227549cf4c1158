import type { Store } from '../../store/store.js';
import { JointRun } from './joint-run.js';
import type { Submission } from './submission.js';

/** What tells whether two commands ask for the same joint run: all but the texts, which may have been edited. */
type Asked = Pick<
  Submission,
  | 'file'
  | 'profile'
  | 'set'
  | 'semantics'
  | 'matrix'
  | 'targets'
  | 'force'
  | 'keepGoing'
  | 'results'
  | 'executor'
  | 'texts'
>;

/** A joint run that goes on, and that a command asks for again. */
export interface Unfinished {
  readonly joint: JointRun;
  readonly submission: Submission;
  /** The texts of the workflow are others by now. */
  readonly isEdited: boolean;
}

/**
 * The newest joint run that the same command began and that has no outcome yet. One that nobody works on any more is taken up
 * again where the texts are as they were; else it was given up.
 */
export async function unfinishedRun(store: Store, asked: Asked): Promise<Unfinished | undefined> {
  for (const record of store.runs.list()) {
    if (record.joint !== true || record.finished !== undefined || record.file !== asked.file) continue;
    const joint = new JointRun(store, record.id);
    await joint.folder.refresh();
    const submission = joint.folder.read<Submission>('submission.json');
    if (submission === undefined || joint.outcome() !== undefined || identity(submission) !== identity(asked)) continue;
    const isEdited = JSON.stringify(submission.texts) !== JSON.stringify(asked.texts);
    if (isEdited && !store.runs.isActive(record)) continue;
    return { joint, submission, isEdited };
  }
  return undefined;
}

function identity(asked: Asked): string {
  const { file, profile, set, semantics, matrix, targets, force, keepGoing, results, executor } = asked;
  return JSON.stringify([file, profile, set, semantics, matrix, targets, force, keepGoing, results, executor]);
}
