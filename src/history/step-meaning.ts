import { globMatches } from '../plan/glob.js';

/**
 * Whether a name means a step of a run, as a target would: an id, a kind, or a pattern; without a cell or training seed those of
 * all, with some coordinates of a cell in front (`seed=1/overlap`) those of the cells that have them.
 */
export function meaningOf(name: string): (step: { readonly id: string; readonly kind: string | undefined }) => boolean {
  const matches = globMatches(name);
  const [front, ...behind] = name.split('/');
  const coordinates = front!.includes('[') || behind.length === 0 ? undefined : front!.split(',').map(globMatches);
  const ofCell = globMatches(behind.join('/'));
  return ({ id, kind = '' }) => {
    // What stands before the last stroke in front of the brackets are cells and the training seed.
    const [, where, own] = /^((?:[^[]*\/)?)(.*)$/s.exec(id) as unknown as [string, string, string];
    if ([id, own, kind].some(matches)) return true;
    const parts = where.split(/[,/]/);
    return coordinates?.every((wanted) => parts.some(wanted)) === true && [own, kind].some(ofCell);
  };
}
