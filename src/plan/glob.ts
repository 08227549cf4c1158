/**
 * A pattern over names and step ids: `*` is any text, `?` any one character, all else stands for itself, brackets too,
 * so that `svd[alignment,*q_proj*]` means what it looks like. Takes time in proportion to both lengths at the most, however many
 * stars there are: only the last star is ever tried at another place.
 */
export function globMatches(pattern: string): (text: string) => boolean {
  const wanted = Array.from(pattern);
  return (text) => matches(wanted, Array.from(text));
}

function matches(pattern: readonly string[], text: readonly string[]): boolean {
  let at = 0;
  let star = -1;
  let starAt = 0;
  for (let read = 0; read < text.length; ) {
    if (pattern[at] === '*') {
      star = at++;
      starAt = read;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[read])) {
      at++;
      read++;
    } else if (star >= 0) {
      at = star + 1;
      read = ++starAt;
    } else return false;
  }
  return pattern.slice(at).every((character) => character === '*');
}
