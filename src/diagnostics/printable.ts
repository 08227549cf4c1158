/**
 * Text as it may go to a terminal or a log: control characters (escape sequences included) are shown, not obeyed.
 * Names and messages come from workflow files and checkpoints, which are not trusted.
 */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) =>
    character === '\t' ? ' ' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The same on one line. */
export function printableLine(text: string): string {
  return printable(text.replace(/\s*\r?\n\s*/g, ' · '));
}
