import { UsageError } from '../diagnostics/errors.js';
import type { Invocation } from './command.js';

/** The value of an option that is a whole number; undefined when it is not given. @throws UsageError for anything else */
export function wholeNumber(invocation: Invocation, option: string): number | undefined {
  const text = invocation.value(option);
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--${option} takes a whole number, not ${text}`);
  return Number(text);
}
