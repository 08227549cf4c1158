import { EnvironmentError } from '../diagnostics/errors.js';
import type { Json } from '../formats/json.js';

/** File that compile-schema.ts writes and this reads. */
export const validatorsFile = new URL('../../schema/validators.js', import.meta.url);

/** What ajv says of one breach; `params` depend on the keyword. */
export interface AjvError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export type Validator = ((value: Json) => boolean) & { errors?: readonly AjvError[] | null };
/** `workflow`, `executors`, and one for each alternative of each union. */
export type Validators = Readonly<Record<string, Validator>>;

/** @throws EnvironmentError when the build did not run. */
export async function loadValidators(): Promise<Validators> {
  try {
    return (await import(validatorsFile.href)) as Validators;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new EnvironmentError('the compiled schema is missing', { cause, hint: 'Run `npm run build`.' });
  }
}
