/**
 * A pattern over names and step ids: `*` is any text, `?` any one character, all else stands for itself, brackets too,
 * so that `svd[alignment,*q_proj*]` means what it looks like.
 */
export function globToRegExp(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`, 's');
}
