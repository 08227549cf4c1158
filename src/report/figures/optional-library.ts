import { EnvironmentError } from '../../diagnostics/errors.js';

/** Packages that formats of figures take, and that `npm ci --omit=optional` leaves out. */
const packages = {
  pdf: ['pdfkit', 'fontkit', 'dejavu-fonts-ttf'],
  png: ['@resvg/resvg-js', 'fontkit', 'dejavu-fonts-ttf'],
} as const;

/**
 * A library that only formats of figures need.
 * @throws EnvironmentError that says what to install: all that the format takes, because others may be missing, too
 */
export async function optionalLibrary<T>(
  format: keyof typeof packages,
  name: string,
  load: () => T | Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'ERR_MODULE_NOT_FOUND' ? 'is not installed' : `cannot be loaded: ${message}`;
    throw new EnvironmentError(`figures as ${format} need ${name}, which ${why}`, {
      cause,
      hint: `Install what they take (npm install ${packages[format].join(' ')}), or leave ${format} out of report.formats.`,
    });
  }
}
