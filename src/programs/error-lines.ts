import { printable } from '../diagnostics/printable.js';
import { ProgramError } from './program-error.js';
import type { SecretValues } from './secret-values.js';

/** What is kept of the end of stderr: of it the last lines are shown. */
const keptCharacters = 64 * 1024;
const shownLines = 15;
const shownCharactersALine = 400;

/** The end of what a program prints to stderr, for its error. */
export class ErrorLines {
  readonly #secrets: SecretValues;
  #text = '';
  #isCut = false;

  constructor(secrets: SecretValues) {
    this.#secrets = secrets;
  }

  add(text: string): void {
    const all = this.#text + text;
    this.#isCut ||= all.length > keptCharacters;
    this.#text = all.slice(-keptCharacters);
  }

  /** The last lines that are not empty, shortened, without values that must not be shown. */
  get lines(): readonly string[] {
    // Hidden before anything is cut off: half of a secret is no longer recognised.
    const whole = this.#secrets.hide(this.#text);
    const lines = printable(this.#isCut ? whole.slice(this.#secrets.longest) : whole).split('\n');
    const shown = lines.map((line) => line.trimEnd()).filter((line) => line !== '');
    return shown
      .slice(-shownLines)
      .map((line) => (line.length > shownCharactersALine ? `${line.slice(0, shownCharactersALine)}…` : line));
  }

  error(message: string): ProgramError {
    const { lines } = this;
    const hint = lines.length === 0 ? 'It printed nothing to stderr.' : `It last said:\n${lines.join('\n')}`;
    return new ProgramError(this.#secrets.hide(message), { hint });
  }
}
