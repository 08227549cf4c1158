/** The name of each axis in coordinates: the last word of its path, or the whole path where that would name two. */
export function axisNames(paths: readonly string[]): ReadonlyMap<string, string> {
  const lastWord = (path: string) => path.slice(path.lastIndexOf('.') + 1);
  const isAlone = (path: string) => paths.every((other) => other === path || lastWord(other) !== lastWord(path));
  // The place in a list says nothing by itself.
  const isName = (word: string) => !/^\d+$/.test(word);
  return new Map(paths.map((path) => [path, isAlone(path) && isName(lastWord(path)) ? lastWord(path) : path]));
}

/** Text as a part of a file's name: whatever else stands in it becomes `_`. */
export function fileNameSafe(text: string): string {
  return text.replace(/[^A-Za-z0-9._+-]/gu, '_');
}

/** `profile=a,lr=1e-5`: the values as they were written, safe in the name of a folder, a step and a pattern. */
export function coordinatesText(coordinates: ReadonlyMap<string, string>): string {
  return [...coordinates].map(([name, value]) => `${fileNameSafe(name)}=${fileNameSafe(value)}`).join(',');
}
