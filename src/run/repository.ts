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
  const overrides = await emptyOwnFilters(git);
  if (overrides === undefined) return 'unknown';
  const options = ['--porcelain', '-z', '--untracked-files=no', '--ignore-submodules=dirty'];
  const changes = await git(['status', ...options], overrides);
  if (changes === undefined) return 'unknown';
  return changes === '' ? 'clean' : 'changed';
}

/**
 * Settings, as environment variables, that empty every filter which the repository itself, and not its user, sets. Names
 * of filters may hold any character, and `git -c NAME=VALUE` ends a name at its first `=`. Variables take names whole.
 *
 * @returns undefined when git does not take them, as git before 2.31 does not
 */
async function emptyOwnFilters(git: Git): Promise<NodeJS.ProcessEnv | undefined> {
  const listed = await filterSettings(git, {});
  if (listed === undefined) return undefined;
  const own = [...new Set(listed.flatMap(({ scope, name }) => (['local', 'worktree'].includes(scope) ? [name] : [])))];
  // Such a name stands for one whose bytes are no UTF-8: it cannot be said to git.
  if (own.some((name) => name.includes('\uFFFD'))) return undefined;
  const overrides: NodeJS.ProcessEnv = { GIT_CONFIG_COUNT: String(own.length) };
  for (const [index, name] of own.entries()) {
    overrides[`GIT_CONFIG_KEY_${index}`] = name;
    overrides[`GIT_CONFIG_VALUE_${index}`] = '';
  }
  const emptied = (await filterSettings(git, overrides))?.filter(({ scope }) => scope === 'command');
  return own.every((name) => emptied?.some((setting) => setting.name === name)) ? overrides : undefined;
}

/** The settings by which programs read files, each with the file or command line that it comes from. */
async function filterSettings(git: Git, overrides: NodeJS.ProcessEnv) {
  const listed = await git(['config', '--show-scope', '--null', '--name-only', '--list'], overrides);
  if (listed === undefined) return undefined;
  const fields = listed.split('\0');
  return fields.flatMap((scope, index) => {
    const name = fields[index + 1];
    const isPair = index % 2 === 0 && name !== undefined;
    return isPair && /^filter\..+\.(clean|smudge|process|required)$/s.test(name) ? [{ scope, name }] : [];
  });
}

/** Text that git gives; undefined when it fails. `settings` are environment variables besides those of every call. */
type Git = (argv: readonly string[], settings?: NodeJS.ProcessEnv) => Promise<string | undefined>;

function gitIn(cwd: string, environment: NodeJS.ProcessEnv): Git {
  const kept = Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('GIT_')));
  const fixed = {
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_LAZY_FETCH: '1',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
    // No transport is called "none". Unlike the setting protocol.allow, the repository cannot allow more than this.
    GIT_ALLOW_PROTOCOL: 'none',
  };
  const safe = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null'];
  return async (argv, settings = {}) => {
    const { failed, stdout } = await execa('git', ['--no-pager', ...safe, ...argv], {
      cwd,
      timeout,
      env: { ...kept, ...fixed, ...settings },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      stripFinalNewline: true,
    });
    return failed ? undefined : stdout;
  };
}
