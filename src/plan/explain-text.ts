import type { Digest } from '../formats/digest.js';
import type { Json } from '../formats/json.js';
import { editLine } from '../workflow/edits.js';
import type { FileChange } from './changes.js';
import type { ExplainedChange, Reason } from './explain.js';

const shownChanges = 3;

/** A reason in one line. With `all` every change is named and every value whole. */
export function reasonText(reason: Reason, options: { readonly all?: boolean } = {}): string {
  const all = options.all ?? false;
  switch (reason.type) {
    case 'cached':
      return reason.remote ? 'unchanged, in the remote store' : 'unchanged';
    case 'forced':
      return 'forced';
    case 'unknown':
      return `its key is not known yet: ${reason.because}`;
    case 'new':
      return 'new: never done in this workflow';
    case 'forgotten':
      return 'the record of its last result is no longer in the store';
    case 'missing-object':
      return `missing object: output ${reason.output} (${shortDigest(reason.digest, all)}) is not in the store`;
    case 'changed':
      return changesText(reason.changes, all);
    case 'pending': {
      const own = reason.changes.length === 0 ? '' : `${changesText(reason.changes, all)}; `;
      return `${own}input: ${chainText(reason.via, all)} runs first: ${reasonText(reason.cause, options)}`;
    }
  }
}

/** The same without the way from the cause to the step: of steps that wait for one and the same, it is one text. */
export function causeText(reason: Reason): string {
  if (reason.type !== 'pending') return reasonText(reason);
  const own = reason.changes.length === 0 ? '' : `${changesText(reason.changes, false)}; `;
  return `${own}${reason.via.at(-1)!} runs first: ${reasonText(reason.cause)}`;
}

function changesText(changes: readonly ExplainedChange[], all: boolean): string {
  const shown = all ? changes : changes.slice(0, shownChanges);
  const more = changes.length - shown.length;
  return `${shown.map((change) => changeText(change, all)).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

function changeText(change: ExplainedChange, all: boolean): string {
  switch (change.what) {
    case 'field':
      return editLine(change.edit, all ? Number.POSITIVE_INFINITY : undefined);
    case 'parameter':
      return `parameter ${change.path}: ${valueText(change.before, all)} → ${valueText(change.after, all)}`;
    case 'revision':
      return `revision: ${change.before} → ${change.after}`;
    case 'device':
      return `device: ${change.before ?? 'none'} → ${change.after ?? 'none'}`;
    case 'input': {
      const { name, before, after, causes = [], files } = change;
      if (files !== undefined) return `${name}: ${filesText(files, all)}`;
      if (after === undefined) return `input ${name}: no longer there (was ${before!.output} of ${before!.node})`;
      const now = `${after.output} of ${chainText(change.via ?? [after.node], all)}`;
      if (before === undefined) return `input ${name}: new (${now})`;
      const digests = `${shortDigest(before.digest, all)} → ${shortDigest(after.digest, all)}`;
      const because = causes.length === 0 ? '' : `, made with ${changesText(causes, all)}`;
      return `input ${name}: ${now} changed (${digests})${because}`;
    }
  }
}

/** `score.py changed, lib/x.py gone` */
function filesText(files: readonly FileChange[], all: boolean): string {
  const shown = all ? files : files.slice(0, shownChanges);
  const more = files.length - shown.length;
  return `${shown.map(({ name, is }) => `${name} ${is}`).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** `energy[…], from svd[…], from source[aligned]`; the middle of a long chain is left out. */
function chainText(via: readonly string[], all: boolean): string {
  if (all) return via.join(', from ');
  const [first, ...others] = via;
  // What is of the same cell is called without it.
  const cell = /^[^[]*\//.exec(first!)?.[0] ?? '';
  const names = [first!, ...others.map((id) => (id.startsWith(cell) ? id.slice(cell.length) : id))];
  const shown = names.length <= 3 ? names : [names[0]!, `${names.length - 2} more steps`, names.at(-1)!];
  return shown.join(', from ');
}

function valueText(value: Json | undefined, all: boolean): string {
  if (value === undefined) return 'absent';
  const text = JSON.stringify(value);
  return all || text.length <= 60 ? text : `${text.slice(0, 40)}…${text.slice(-15)}`;
}

function shortDigest(digest: Digest, all: boolean): string {
  return all ? digest : digest.slice(0, 'sha256:'.length + 8);
}
