import { type Candidates, isOpen } from './candidate.js';

/** The words of a command line that bash cuts at `=` and `:` too, and hands over as they are typed, with quotes and backslashes. */
export function bashWords(raw: readonly string[]): string[] {
  const joined: string[] = [];
  let glued = false;
  for (const word of raw) {
    const isBreak = /^[=:]+$/.test(word);
    if ((glued || isBreak) && joined.length > 0) joined.push(joined.pop()! + word);
    else joined.push(word);
    glued = isBreak;
  }
  return joined.map(withoutQuotes);
}

/** A word without the quotes of a shell; nothing in it is expanded. */
function withoutQuotes(word: string): string {
  let text = '';
  let quote: string | undefined;
  for (let at = 0; at < word.length; at++) {
    const character = word[at]!;
    if (character === quote) quote = undefined;
    else if (quote === undefined && (character === '"' || character === "'")) quote = character;
    else if (character === '\\' && quote !== "'" && at + 1 < word.length) text += word[++at];
    else text += character;
  }
  return text;
}

/**
 * What the script reads: how to treat the candidates, then one a line. bash replaces only what follows the last `=` or `:` of
 * the word.
 */
export function bashOutput({ candidates, arePaths = false }: Candidates, raw: readonly string[]): string {
  const typed = raw.at(-1) ?? '';
  const word = bashWords(raw).at(-1) ?? '';
  const replaced = Math.max(word.lastIndexOf('='), word.lastIndexOf(':')) + 1;
  const texts = candidates.flatMap(({ value }) => {
    const text = value.slice(replaced);
    // readline adds the slash of a folder, and asks itself whether it is one.
    return arePaths ? [text.replace(/\/$/, '')] : quotedAs(typed, text);
  });
  const how = arePaths ? 'paths' : candidates.length > 0 && candidates.every(isOpen) ? 'words open' : 'words';
  return `${[how, ...texts].join('\n')}\n`;
}

/** A word as it may stand behind what is typed: within its quotes if one is open. Nothing where that cannot be. */
function quotedAs(typed: string, text: string): string[] {
  if (typed.startsWith("'")) return text.includes("'") ? [] : [text];
  if (typed.startsWith('"')) return /["$\\`!]/.test(text) ? [] : [text];
  return [text.replace(/[^\w./:=,@%+-]/gu, '\\$&')];
}
