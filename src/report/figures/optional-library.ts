import { EnvironmentError } from '../../diagnostics/errors.js';

/**
 * A library that only one format of figures needs, and that `npm ci --omit=optional` leaves out.
 * @throws EnvironmentError that says what to install
 */
export async function optionalLibrary<T>(format: string, name: string, load: () => T | Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'ERR_MODULE_NOT_FOUND' ? 'is not installed' : `cannot be loaded: ${message}`;
    throw new EnvironmentError(`figures as ${format} need ${name}, which ${why}`, {
      cause,
      hint: `Install it (npm install ${name}), or leave ${format} out of report.formats.`,
    });
  }
}
