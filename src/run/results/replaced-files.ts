import { listedNames } from '../../diagnostics/listed-names.js';
import type { Digest } from '../../formats/digest.js';
import { previousFolder } from './previous-folder.js';
import type { PublishedFile } from './record.js';

/** Why a file in the place of a result is none that the run may write over. */
export type ReasonToKeep = keyof typeof reasons;

const reasons = {
  foreign: ['was not written by runflow', 'were not written by runflow'],
  edited: ['was changed since a run wrote it', 'were changed since a run wrote them'],
  otherSettings: ['is of a run with other settings', 'are of a run with other settings'],
} as const;

/** Undefined when the file is as an earlier run with the same settings left it. */
export function reasonToKeep(
  known: PublishedFile | undefined,
  present: Digest | undefined,
  settings: string,
): ReasonToKeep | undefined {
  if (known === undefined) return 'foreign';
  if (known.digest !== present) return 'edited';
  return known.settings === settings ? undefined : 'otherSettings';
}

/** Files that had to make room for results: they are told together, in a message for each reason. */
export class ReplacedFiles {
  readonly #moved = new Map<ReasonToKeep, { readonly file: string; readonly to: string }[]>();

  /** @param to where the file is now, below the folder of results */
  add(reason: ReasonToKeep, file: string, to: string): void {
    this.#moved.set(reason, [...(this.#moved.get(reason) ?? []), { file, to }]);
  }

  /** @param most names in a message */
  messages(folder: string, most: number): readonly string[] {
    return [...this.#moved].map(([reason, files]) => {
      const [one, several] = reasons[reason];
      const names = files.map(({ file }) => file);
      return files.length === 1
        ? `${names[0]} in ${folder} ${one}: moved to ${files[0]!.to}`
        : `${listedNames(names, most)} in ${folder} ${several}: moved to ${previousFolder}/`;
    });
  }
}
