/** A line of one text or of both. */
export interface DiffLine {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

/** Texts with more changed lines than that have hardly a line in common, and the search would take minutes. */
const mostChanges = 1000;
/** Lines around a change that are shown with it. */
const context = 2;

/**
 * What it takes to make one text of another, line by line, with as few changed lines as there can be (Myers, "An O(ND)
 * difference algorithm and its variations", Algorithmica 1, 1986). Texts with more than a thousand changed lines are told as one that went and
 * one that came.
 */
export function lineDiff(before: string, after: string): DiffLine[] {
  const [a, b] = [linesOf(before), linesOf(after)];
  const traces: Map<number, number>[] = [];
  let furthest = new Map([[1, 0]]);
  for (let edits = 0; edits <= mostChanges; edits++) {
    traces.push(furthest);
    const next = new Map<number, number>();
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = isDown(furthest, diagonal, edits) ? furthest.get(diagonal + 1)! : furthest.get(diagonal - 1)! + 1;
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x++;
      next.set(diagonal, x);
      if (x >= a.length && x - diagonal >= b.length) return pathBack(a, b, traces);
    }
    furthest = next;
  }
  return [...a.map((text) => ({ sign: '-', text }) as const), ...b.map((text) => ({ sign: '+', text }) as const)];
}

function isDown(furthest: ReadonlyMap<number, number>, diagonal: number, edits: number): boolean {
  if (diagonal === -edits) return true;
  return diagonal !== edits && (furthest.get(diagonal - 1) ?? -1) < (furthest.get(diagonal + 1) ?? -1);
}

function pathBack(
  a: readonly string[],
  b: readonly string[],
  traces: readonly ReadonlyMap<number, number>[],
): DiffLine[] {
  const lines: DiffLine[] = [];
  let [x, y] = [a.length, b.length];
  for (let edits = traces.length - 1; edits >= 0; edits--) {
    const furthest = traces[edits]!;
    const diagonal = x - y;
    const from = isDown(furthest, diagonal, edits) ? diagonal + 1 : diagonal - 1;
    const fromX = furthest.get(from)!;
    const fromY = fromX - from;
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      lines.push({ sign: ' ', text: a[x - 1]! });
      x--;
      y--;
    }
    if (edits === 0) break;
    if (from > diagonal) lines.push({ sign: '+', text: b[--y]! });
    else lines.push({ sign: '-', text: a[--x]! });
  }
  return lines.reverse();
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** A diff as `diff -u` prints it, without what is far from any change. */
export function unifiedText(lines: readonly DiffLine[]): string {
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - context), index + context + 1).some(({ sign }) => sign !== ' '),
  );
  let [before, after, text] = [1, 1, ''];
  for (const [index, { sign, text: line }] of lines.entries()) {
    if (near[index]) {
      if (index === 0 || !near[index - 1]) text += `@@ -${before} +${after} @@\n`;
      text += `${sign}${line}\n`;
    }
    if (sign !== '+') before += 1;
    if (sign !== '-') after += 1;
  }
  return text;
}
