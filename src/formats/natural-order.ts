/** Compares names with numbers in them by value: "layers.2" before "layers.10"; the same on every machine. */
export function naturalOrder(a: string, b: string): number {
  const left = a.split(/(\d+)/);
  const right = b.split(/(\d+)/);
  for (let i = 0; i < left.length && i < right.length; i++) {
    const [x, y] = [left[i]!, right[i]!];
    if (x === y) continue;
    const difference = i % 2 === 1 ? Number(x) - Number(y) : 0;
    return difference > 0 || difference < 0 ? difference : x < y ? -1 : 1;
  }
  return left.length - right.length;
}
