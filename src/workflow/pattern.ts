import type { Path } from './document.js';
import type { Scope } from './scope.js';

/** Reports a text that is not a regular expression. */
export function checkPattern(scope: Scope, pattern: string, flags: string, path: Path): void {
  try {
    new RegExp(pattern, flags);
  } catch (error) {
    const reason = (error as Error).message.replace(/^Invalid regular expression: /, '');
    scope.refuse(path, 'invalid-pattern', `this is not a regular expression: ${reason}`);
  }
}
