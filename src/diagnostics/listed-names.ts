/** Names for a message, one after the other: of more than `most` the first, and how many more there are. */
export function listedNames(names: readonly string[], most: number): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
