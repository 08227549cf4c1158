import type { Digest } from '../../formats/digest.js';
import type { StudyShown } from '../../report/joined/study.js';
import type { FigureInput } from '../../report/section.js';
import type { StepContext } from '../step-context.js';

/** The tables of all groups of a study, with the digest of each by its name and group. */
export async function readGroups(
  context: StepContext,
  { groups }: StudyShown,
): Promise<{ readonly groups: readonly FigureInput[]; readonly digests: ReadonlyMap<string, Digest> }> {
  const read: FigureInput[] = [];
  const digests = new Map<string, Digest>();
  for (const [index, { label, shown }] of groups.entries()) {
    context.signal.throwIfAborted();
    const files = new Map<string, string>();
    for (const file of shown.files) {
      const artifact = context.input(`${index}/${file}`);
      files.set(file, new TextDecoder().decode(await context.read(artifact)));
      digests.set(label === '' ? file : `${label}: ${file}`, artifact.digest);
    }
    read.push({ params: shown, files });
  }
  return { groups: read, digests };
}

/** The study's claims.csv; undefined where no cell has claims. */
export async function readClaimsOverCells(
  context: StepContext,
  cells: readonly { readonly claims: boolean }[],
): Promise<string | undefined> {
  if (!cells.some(({ claims }) => claims)) return undefined;
  return new TextDecoder().decode(await context.read(context.input('claims.csv')));
}

/** The claims of the cells that have some, by the index of the cell. */
export async function readClaims(
  context: StepContext,
  cells: readonly { readonly claims: boolean }[],
): Promise<ReadonlyMap<number, string>> {
  const claims = new Map<number, string>();
  for (const [index, cell] of cells.entries()) {
    if (!cell.claims) continue;
    claims.set(index, new TextDecoder().decode(await context.read(context.input(`claims/${index}`))));
  }
  return claims;
}
