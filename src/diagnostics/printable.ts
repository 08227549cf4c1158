/**
 * What a terminal obeys or hides instead of showing it: control characters of both sets (so also escape sequences), marks
 * and overrides of the writing direction, characters without width, further line ends, halves of a character.
 */
const unprintable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * Text as it may go to a terminal or a log: what a terminal would obey is shown. Names and messages come from workflow
 * files, folders, checkpoints and servers, which are not trusted.
 */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => (character === '\t' ? ' ' : escaped(character)));
}

/** The same on one line. */
export function printableLine(text: string): string {
  return printable(text.replace(/\s*\r?\n\s*/g, ' · '));
}

/** JSON of a value in which the same characters are written as escapes: for programs it is the same JSON. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(unprintable, (character) =>
    character === '\t' ? character : escaped(character),
  );
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
