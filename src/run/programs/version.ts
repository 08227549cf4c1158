import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvironmentError } from '../../diagnostics/errors.js';
import { digestOf } from '../../formats/digest.js';
import { readSmallFile } from '../../formats/file-access.js';
import { removeFolder } from '../../formats/remove-folder.js';
import { executableOf } from '../../programs/executable.js';
import { programEnvironment } from '../../programs/program-environment.js';
import { ProgramError } from '../../programs/program-error.js';
import { programText } from '../../programs/program-text.js';
import { runProgram } from '../../programs/run-program.js';
import { WorkingFolder } from '../../programs/working-folder.js';
import type { ResolvedProgram } from './resolve-programs.js';

const timeoutSeconds = 60;
const mostCharacters = 64 * 1024;
const mostFileBytes = 16 << 20;

/**
 * What the version command of a program prints. It runs beside the program's files, without the variables that the
 * workflow names.
 * @throws EnvironmentError when it cannot be run, fails, or prints nothing or too much
 */
export async function versionOf(
  { of, program, files }: ResolvedProgram,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<string> {
  const argv = program.version!;
  const text = programText(argv);
  const root = await mkdtemp(join(tmpdir(), 'runflow-version-'));
  let printed = '';
  try {
    const folder = await WorkingFolder.make(join(root, 'command'));
    for (const { name, file, bytes, digest } of files) {
      const content = await readSmallFile(file, bytes);
      if (digestOf(content) !== digest) throw new ProgramError(`${name} was changed since the command was allowed`);
      await folder.add(name, content);
    }
    await folder.seal();
    const { variables, secrets } = programEnvironment([], folder.temporary, environment);
    await runProgram({
      file: executableOf(argv[0]!, folder.path, environment),
      arguments: argv.slice(1),
      folder: folder.path,
      environment: variables,
      text,
      mark: randomBytes(16).toString('hex'),
      timeoutSeconds,
      secrets,
      signal,
      onOutput: (part) => {
        printed = (printed + part).slice(0, mostCharacters + 1);
      },
      overstepped: async () =>
        printed.length > mostCharacters
          ? `printed more than ${mostCharacters} characters to stdout`
          : await folder.overstepped(mostFileBytes),
    });
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    throw new EnvironmentError(`the version command of ${of}: ${error.message}`, {
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  } finally {
    await removeFolder(root);
  }
  const version = printed.trim();
  if (version === '' || printed.length > mostCharacters) {
    const what = version === '' ? 'prints nothing' : `prints more than ${mostCharacters} characters`;
    throw new EnvironmentError(`the version command of ${of}, ${text}, ${what} to stdout`, {
      hint: 'It must print what tells one version from another, such as python3 --version.',
    });
  }
  return version;
}
