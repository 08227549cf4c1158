import { globMatches } from '../plan/glob.js';
import { coordinatesText } from '../workflow/coordinates.js';
import type { AskedCell } from './record.js';

/**
 * Whether a name means a step of a run, as a target would: an id, a kind, or a pattern; without a cell or training seed those of
 * all, with some coordinates of a cell in front (`seed=1/overlap`) those of the cells that have them.
 *
 * @param cells those of the run: a cell with a name of its own has coordinates besides
 */
export function meaningOf(
  name: string,
  cells: readonly Pick<AskedCell, 'label' | 'coordinates'>[] = [],
): (step: { readonly id: string; readonly kind: string | undefined }) => boolean {
  const matches = globMatches(name);
  const [front, ...behind] = name.split('/');
  const coordinates = front!.includes('[') || behind.length === 0 ? undefined : front!.split(',').map(globMatches);
  const ofCell = globMatches(behind.join('/'));
  const ofLabel = new Map(cells.map((cell) => [cell.label, partsOf(cell)]));
  return ({ id, kind = '' }) => {
    // What stands before the last stroke in front of the brackets are cells and the training seed.
    const [, where, own] = /^((?:[^[]*\/)?)(.*)$/s.exec(id) as unknown as [string, string, string];
    if ([id, own, kind].some(matches)) return true;
    const parts = where.split(/[,/]/).flatMap((part) => [part, ...(ofLabel.get(part) ?? [])]);
    return coordinates?.every((wanted) => parts.some(wanted)) === true && [own, kind].some(ofCell);
  };
}

/** Each coordinate of a cell, `seed=1`. */
function partsOf({ coordinates }: Pick<AskedCell, 'coordinates'>): string[] {
  return Object.entries(coordinates).map((coordinate) => coordinatesText(new Map([coordinate])));
}
