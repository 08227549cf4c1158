/** How a projection is called beside others of a report: the side is told only where there are both. */
export function projectionName(
  { mode, side }: { readonly mode: string; readonly side: string },
  all: readonly { readonly side: string }[],
): string {
  return all.every((other) => other.side === side) ? mode : `${mode} (${side})`;
}
