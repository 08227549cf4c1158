import { basename, dirname } from 'node:path';
import { execa } from 'execa';

/** The git repository in which a workflow lies. */
export interface WorkflowRepository {
  readonly commit: string;
  /**
   * `clean`: tracked files are those of the commit; `changed`: some are not; `untracked`: the workflow's own file is none
   * of the commit's; `unknown`: git did not say.
   */
  readonly state: 'clean' | 'changed' | 'untracked' | 'unknown';
  /** The workflow's file, from the root of the repository. */
  readonly file: string;
}

/** git may have to look at every file of a large repository; nobody waits longer for a note in a report. */
const timeout = 10_000;

/**
 * Looks at the repository without changing it. What a repository's own settings name as programs (filters, monitors, hooks,
 * transports) is not run: a workflow may come from a stranger, and its repository with it.
 *
 * @returns undefined where there is no repository, no commit or no git: never an error
 */
export async function repositoryOf(
  file: string,
  environment: NodeJS.ProcessEnv,
): Promise<WorkflowRepository | undefined> {
  const git = gitIn(dirname(file), environment);
  const found = await git(['rev-parse', '--show-prefix', 'HEAD']);
  const [prefix, commit] = found?.split('\n') ?? [];
  if (prefix === undefined || !/^[0-9a-f]{40,64}$/.test(commit ?? '')) return undefined;
  return { commit: commit!, state: await stateOf(git, basename(file)), file: `${prefix}${basename(file)}` };
}

async function stateOf(git: Git, file: string): Promise<WorkflowRepository['state']> {
  const tracked = await git(['ls-files', '-z', '--', `:(literal)${file}`]);
  if (tracked === undefined) return 'unknown';
  if (tracked === '') return 'untracked';
  const filters = await ownFilters(git);
  if (filters === undefined) return 'unknown';
  const settings = filters.flatMap((name) => ['-c', `${name}=`]);
  const changes = await git([
    ...settings,
    'status',
    '--porcelain',
    '-z',
    '--untracked-files=no',
    '--ignore-submodules=dirty',
  ]);
  if (changes === undefined) return 'unknown';
  return changes === '' ? 'clean' : 'changed';
}

/** Names of the settings by which the repository itself, and not its user, has programs read files. */
async function ownFilters(git: Git): Promise<string[] | undefined> {
  const listed = await git(['config', '--show-scope', '--null', '--name-only', '--list']);
  if (listed === undefined) return undefined;
  const fields = listed.split('\0');
  return fields.filter(
    (name, index) =>
      /^filter\..+\.(clean|smudge|process|required)$/s.test(name) && ['local', 'worktree'].includes(fields[index - 1]!),
  );
}

type Git = (argv: readonly string[]) => Promise<string | undefined>;

function gitIn(cwd: string, environment: NodeJS.ProcessEnv): Git {
  const kept = Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('GIT_')));
  const env = { ...kept, GIT_OPTIONAL_LOCKS: '0', GIT_NO_LAZY_FETCH: '1', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };
  const safe = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'protocol.allow=never'];
  return async (argv) => {
    const options = {
      cwd,
      env,
      extendEnv: false,
      timeout,
      reject: false,
      stdin: 'ignore',
      stripFinalNewline: true,
    } as const;
    const { failed, stdout } = await execa('git', ['--no-pager', ...safe, ...argv], options);
    return failed ? undefined : stdout;
  };
}
