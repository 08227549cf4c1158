import { type EditText, editsBetween, editText } from '../workflow/edits.js';
import { pathText } from '../workflow/fields.js';
import { writtenDocument } from '../workflow/written.js';
import { assignmentOf } from '../workflow/written-value.js';
import type { AskedRecord } from './record.js';
import { RunFieldsReader, valuesOf, writtenOfProfile } from './run-fields.js';

/**
 * Fields of the workflow in which two runs differ. What cells of a matrix put into a field is told once, with the values of all
 * cells: `lr 1e-3, 3e-3 → 1e-3, 1e-2`. null: a workflow can no longer be read.
 */
export async function paramDifferences(before: AskedRecord, after: AskedRecord): Promise<readonly EditText[] | null> {
  const ofCells = new Set([...pathsOfCells(before), ...pathsOfCells(after)]);
  const edits = new Map<string, EditText>();
  for (const [old, now] of comparedProfiles(before, after)) {
    const then = await writtenDocument(writtenOf(before, old));
    const here = await writtenDocument(writtenOf(after, now));
    if (then === undefined || here === undefined) return null;
    for (const edit of editsBetween(then, here)) {
      if (ofCells.has(pathText(edit.path))) continue;
      const text = editText(edit, after.written.file);
      edits.set(JSON.stringify(text), text);
    }
  }
  const axes = ofCells.size === 0 ? [] : await axisDifferences(before, after, ofCells);
  return axes && [...axes, ...edits.values()];
}

async function axisDifferences(before: AskedRecord, after: AskedRecord, paths: ReadonlySet<string>) {
  const reader = new RunFieldsReader();
  const [then, now] = [await reader.of(before), await reader.of(after)];
  if (then === undefined || now === undefined) return null;
  const isOfMatrix = pathsOfCells(after);
  return [...paths].flatMap((path): EditText[] => {
    const [old, value] = [then.get(path), now.get(path)];
    if (old === value) return [];
    const keys = path.split(/[.[\]]+/).filter((key) => key !== '');
    const { option, ...text } = editText(
      { path: keys, ...entry('before', path, old), ...entry('after', path, value) },
      '',
    );
    return [isOfMatrix.has(path) && option !== undefined ? { ...text, option } : text];
  });
}

/** A value as the matrix gives it. */
function entry(side: 'before' | 'after', path: string, value: string | undefined) {
  return value === undefined ? {} : { [side]: assignmentOf({ path, value, written: value, folder: '' }) };
}

/** Fields that cells of a matrix say, the profile among them. */
function pathsOfCells({ cells = [] }: AskedRecord): ReadonlySet<string> {
  const profile = cells.some((cell) => cell.profile !== undefined) ? ['profile'] : [];
  return new Set([...profile, ...cells.flatMap((cell) => [...valuesOf(cell).keys()])]);
}

/** Profiles with which two runs are compared: those of both. Where there are none, the first of each. */
function comparedProfiles(before: AskedRecord, after: AskedRecord): readonly (readonly [Profile, Profile])[] {
  const [then, now] = [profilesOf(before), profilesOf(after)];
  const both = now.filter((profile) => then.includes(profile));
  return both.length === 0 ? [[then[0], now[0]]] : both.map((profile) => [profile, profile]);
}

type Profile = string | undefined;

function profilesOf({ written, cells }: AskedRecord): readonly Profile[] {
  return cells === undefined ? [written.profile] : [...new Set(cells.map(({ profile }) => profile))];
}

function writtenOf(asked: AskedRecord, profile: Profile) {
  return asked.cells === undefined ? asked.written : writtenOfProfile(asked, profile);
}
