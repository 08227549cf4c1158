import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';

/** A program that shows a file, and what it is called with before the file's name. */
type Opener = readonly [string, ...string[]];

const openers: Readonly<Partial<Record<NodeJS.Platform, Opener>>> = {
  darwin: ['open'],
  // "start" is a word of the shell, and a shell would obey what stands in a name.
  win32: ['rundll32.exe', 'url.dll,FileProtocolHandler'],
};
const otherwise: Opener = ['xdg-open'];

/** Some openers stay until the browser ends. */
const patienceMilliseconds = 5000;

/**
 * Opens a file in the program that the system shows it with. No shell is involved.
 *
 * @returns why it cannot; undefined when it is open
 */
export async function openFile(
  file: string,
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): Promise<string | undefined> {
  const [program, ...args] = openers[platform] ?? otherwise;
  const hasScreen = environment.DISPLAY || environment.WAYLAND_DISPLAY || environment.BROWSER;
  if (program === 'xdg-open' && !hasScreen) return 'there is no display';
  const child = execa(program, [...args, file], {
    stdio: 'ignore',
    detached: true,
    cleanup: false,
    reject: false,
    env: environment,
    extendEnv: false,
  });
  child.unref();
  const waiting = new AbortController();
  const shown = pause(patienceMilliseconds, undefined, { signal: waiting.signal }).catch(() => undefined);
  const result = await Promise.race([child, shown]);
  waiting.abort();
  return result?.failed ? result.shortMessage : undefined;
}
