import { lstatSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError } from '../../diagnostics/errors.js';
import { writeFailure } from '../../diagnostics/file-system-error.js';
import { type Digest, hexOf } from '../../formats/digest.js';
import { makeFolder } from '../../formats/make-folder.js';
import { readRegularFile } from '../../formats/regular-file.js';
import { replaceFile } from '../../formats/replace-file.js';
import { userConfigFolder } from '../../formats/user-path.js';
import type { Workflow } from '../../workflow/workflow.js';
import { type KnownContents, type ResolvedProgram, resolvePrograms } from './resolve-programs.js';
import { notAllowed, notAllowedAsChanged } from './study-programs.js';

export interface AllowOptions {
  /** All of them may run, this once. */
  readonly all?: boolean;
  /** Programs that may run because the command that still runs was allowed them before. */
  readonly once?: ReadonlySet<Digest>;
  /** Asks the user about programs that were not allowed yet. Absent: there is nobody to ask. */
  readonly ask?: (programs: readonly ResolvedProgram[]) => Promise<boolean>;
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * Finds out which programs of the user's may run: those that were allowed before, and those that are allowed now. What
 * the answer covers are commands and bytes, wherever they come from: the workflows, what they include, their profiles.
 *
 * @param workflows one, or all cells of a study
 * @returns digests of the programs that may run
 * @throws UsageError when one may not
 */
export async function allowPrograms(
  workflows: readonly Workflow[],
  { all = false, once, ask, environment = process.env }: AllowOptions,
): Promise<ReadonlySet<Digest>> {
  const programs = distinctPrograms(workflows);
  const asked = all ? [] : programs.filter(({ digest }) => !once?.has(digest) && !isTrusted(digest, environment));
  if (asked.length > 0) {
    if (ask === undefined || !(await ask(asked)))
      throw once === undefined ? notAllowed(asked) : notAllowedAsChanged(asked);
    for (const program of asked) await trust(program, environment);
  }
  return new Set(programs.map(({ digest }) => digest));
}

/** Digests of the programs that were allowed before, or by `all`; nobody is asked. */
export function knownPrograms(
  workflows: readonly Workflow[],
  all: boolean,
  environment: NodeJS.ProcessEnv = process.env,
): ReadonlySet<Digest> {
  const digests = distinctPrograms(workflows).map(({ digest }) => digest);
  return new Set(all ? digests : digests.filter((digest) => isTrusted(digest, environment)));
}

/** The programs of several workflows, equal ones once. */
function distinctPrograms(workflows: readonly Workflow[]): ResolvedProgram[] {
  const known: KnownContents = new Map();
  const programs = workflows.flatMap((workflow) => resolvePrograms(workflow, known));
  return [...new Map(programs.map((program) => [program.digest, program])).values()];
}

/** One file a program: several runners may add to them at a time. */
function recordOf(digest: Digest, environment: NodeJS.ProcessEnv): string {
  return join(trustFolder(environment), `${hexOf(digest)}.json`);
}

function trustFolder(environment: NodeJS.ProcessEnv): string {
  return join(userConfigFolder(environment), 'allowed-commands');
}

/** Only what this user has written counts: a record that others own, or could have put there, says nothing. */
function isTrusted(digest: Digest, environment: NodeJS.ProcessEnv): boolean {
  const file = recordOf(digest, environment);
  try {
    if (!isOwn(trustFolder(environment), 0o022) || !isOwn(file, 0)) return false;
    const record = JSON.parse(readRegularFile(file).toString()) as { digest?: unknown };
    return record.digest === digest;
  } catch {
    return false;
  }
}

/** @param refused bits of the mode that must not be set */
function isOwn(path: string, refused: number): boolean {
  const { uid, mode } = lstatSync(path);
  return process.getuid === undefined || (uid === process.getuid() && (mode & refused) === 0);
}

async function trust({ digest, of, program, files }: ResolvedProgram, environment: NodeJS.ProcessEnv): Promise<void> {
  const { run, version, env } = program;
  const record = {
    digest,
    of,
    run,
    version,
    env,
    files: files.map(({ name }) => name),
    time: new Date().toISOString(),
  };
  const folder = trustFolder(environment);
  try {
    await makeFolder(folder);
    await chmod(folder, 0o700);
    await replaceFile(recordOf(digest, environment), `${JSON.stringify(record, null, 2)}\n`);
  } catch (error) {
    const why = writeFailure(error);
    if (why === undefined) throw error;
    const hint = 'Give --allow-commands to run it all the same.';
    throw new EnvironmentError(`what you allow cannot be kept in ${folder}: ${why}`, { cause: error, hint });
  }
}
