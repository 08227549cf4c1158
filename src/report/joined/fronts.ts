/** What stands in front of the rows of cells, or of groups of cells. */
export interface Fronts {
  /** Heads of the columns that tell them apart. */
  readonly axes: readonly string[];
  /** What each has there. */
  readonly fronts: readonly (readonly string[])[];
}

/** The axes on which some of them differ, with the values of each; `–`: it has none. */
export function frontsOf(
  axes: readonly string[],
  all: readonly { readonly values: readonly (string | null)[] }[],
): Fronts {
  const told = axes.flatMap((axis, index) => {
    const texts = new Set(all.map(({ values }) => values[index] ?? '–'));
    return texts.size > 1 ? [{ axis, index }] : [];
  });
  return {
    axes: told.map(({ axis }) => axis),
    fronts: all.map(({ values }) => told.map(({ index }) => values[index] ?? '–')),
  };
}
