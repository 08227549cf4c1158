/** `Did you mean "aligned"?`, with the characters that differ where an eye may not tell them apart. */
export function didYouMean(given: string, meant: string, shown = `"${meant}"`): string {
  const question = `Did you mean ${shown}?`;
  const [own, other] = [charactersBeside(given, meant), charactersBeside(meant, given)];
  if (![...own, ...other].some((character) => character > '\u007e')) return question;
  const named = (characters: readonly string[]) => characters.map(codePoint).join(' ') || 'nothing';
  return `${question} It may look the same: where yours has ${named(own)}, that one has ${named(other)}.`;
}

/** Characters of a text that another lacks, five at most. */
function charactersBeside(text: string, other: string): string[] {
  const known = new Set(other);
  return [...new Set(text)].filter((character) => !known.has(character)).slice(0, 5);
}

function codePoint(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}

/**
 * The name of `known` that was probably meant by `given`, or undefined when none is near: at most a third of the letters
 * (and never fewer than one) wrong, counting an insertion, deletion, substitution or swap of neighbours as one mistake.
 */
export function nearest(given: string, known: Iterable<string>): string | undefined {
  const comparable = comparableOf(given);
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(given.length / 3)) + 1;
  for (const name of known) {
    const other = comparableOf(name);
    if (Math.abs(other.length - comparable.length) >= fewest) continue;
    const mistakes = editDistance(comparable, other);
    if (mistakes < fewest) {
      best = name;
      fewest = mistakes;
    }
  }
  return best;
}

/** Name without differences of encoding: é may be one character or two. */
function comparableOf(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}

/** Optimal string alignment distance (Levenshtein with swaps of neighbours). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, beforeLast[column - 2]! + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}
