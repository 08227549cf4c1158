/** The last column of tables: which training seed a row is of. A table in which no row is of one has no such column. */
export const trainingSeedColumn = { training_seed: 'number, if any' } as const;

/** What a table step's row says of it. A type, not an interface: it is in the parameters of a step. */
export type OfTrainingSeed = {
  /** Training seed of the models that the row is made from. Absent: none of them lists seeds. */
  readonly trainingSeed?: number;
};

export function trainingSeedCell({ trainingSeed }: OfTrainingSeed): { readonly training_seed: number | null } {
  return { training_seed: trainingSeed ?? null };
}
