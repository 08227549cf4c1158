import { dirname, join, resolve } from 'node:path';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import { EnvironmentError, InvalidWorkflowError } from '../../diagnostics/errors.js';
import { userConfigFolder, userPath } from '../../formats/user-path.js';
import { describeViolation } from '../../workflow/describe-violation.js';
import { type MapNode, toPlain, valuePlace } from '../../workflow/document.js';
import { diskFiles, noSuchFile } from '../../workflow/files.js';
import { limits, parseYamlValue } from '../../workflow/parse.js';
import { errorAt } from '../../workflow/problems.js';
import { SourceText } from '../../workflow/source-text.js';
import { loadValidators } from '../../workflow/validators.js';
import { executorsViolations } from '../../workflow/violations.js';
import {
  type ArgumentTemplate,
  type CommandName,
  knownPlaceholders,
  placeholderProblem,
  placeholdersIn,
} from './placeholders.js';
import { slurmOptionProblem } from './slurm-options.js';

/** What a machine does before a runner, and with what it runs it. */
export interface RunnerSettings {
  readonly setup?: string;
  readonly modules?: readonly string[];
  /** Runners reach the network: they fetch models and ask judges. */
  readonly network?: boolean;
  /** Path of Node.js on the machines; absent: that of the process that submits. */
  readonly node?: string;
}

export interface SlurmSettings extends RunnerSettings {
  /** Further options of sbatch. */
  readonly options?: readonly string[];
}

/** A field of `cluster` that a queue may be told of. */
export type ResourceName = 'partition' | 'account' | 'time' | 'gpus' | 'cpus' | 'memory' | 'exclude';

export interface CommandSettings extends RunnerSettings {
  readonly submit: ArgumentTemplate;
  readonly status: ArgumentTemplate;
  readonly cancel: ArgumentTemplate;
  readonly ignore?: readonly ResourceName[];
}

/** How this user's runners are placed: the user's own file, never part of a workflow. */
export interface ExecutorsFile {
  /** Absolute path; undefined where there is no such file, which is as an empty one. */
  readonly file: string | undefined;
  readonly slurm?: SlurmSettings;
  readonly command?: CommandSettings;
}

const fileName = 'executors.yaml';

/**
 * Reads the executors file: `option` (`--executors`), else RUNFLOW_EXECUTORS, else executors.yaml in the configuration folder.
 * @throws EnvironmentError when a file that was named cannot be read
 * @throws InvalidWorkflowError with a diagnostic for each thing that is wrong with it
 */
export async function readExecutorsFile(
  option: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<ExecutorsFile> {
  const named = option ?? (environment.RUNFLOW_EXECUTORS || undefined);
  const name = named ?? join(userConfigFolder(environment), fileName);
  const file = userPath(name);
  const read = diskFiles.read(file, limits.characters + 1);
  if ('problem' in read) {
    if (named === undefined && read.problem === noSuchFile) return { file: undefined };
    const how = option === undefined && named !== undefined ? 'RUNFLOW_EXECUTORS names it.' : undefined;
    throw new EnvironmentError(`cannot read the executors file ${name}: ${read.problem}`, {
      ...(how && { hint: how }),
    });
  }
  return { ...(await parsedExecutors(name, file, read.bytes)), file };
}

async function parsedExecutors(name: string, file: string, bytes: Uint8Array): Promise<Omit<ExecutorsFile, 'file'>> {
  const folder = dirname(resolve(file));
  const text = utf8(bytes);
  if (text === undefined) throw new EnvironmentError(`the executors file ${name} is not UTF-8 text`);
  const parsed = await parseYamlValue(new SourceText(name, folder, text));
  if (!parsed.ok) throw new InvalidWorkflowError(parsed.diagnostics);
  const root = parsed.value;
  const breaches = executorsViolations(await loadValidators(), toPlain(root));
  const problems: Diagnostic[] = breaches.map((breach) => describeViolation(root, breach, 'the executors file'));
  if (problems.length > 0) throw new InvalidWorkflowError(problems);
  const settings = toPlain(root) as unknown as Omit<ExecutorsFile, 'file'>;
  const found = [
    ...optionProblems(root as MapNode, settings.slurm),
    ...templateProblems(root as MapNode, settings.command),
  ];
  if (found.length > 0) throw new InvalidWorkflowError(found);
  const { command } = settings;
  if (command === undefined) return settings;
  return { ...settings, command: withProgramPaths(command, folder) };
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function optionProblems(root: MapNode, slurm: SlurmSettings | undefined): Diagnostic[] {
  return (slurm?.options ?? []).flatMap((option, index) => {
    const problem = slurmOptionProblem(option);
    if (problem === undefined) return [];
    const place = valuePlace(root, ['slurm', 'options', String(index)]);
    return [errorAt(place, { code: 'refused-option', message: problem.what, hint: problem.hint })];
  });
}

function templateProblems(root: MapNode, settings: CommandSettings | undefined): Diagnostic[] {
  if (settings === undefined) return [];
  return (['submit', 'status', 'cancel'] as const).flatMap((command) => {
    const template = settings[command];
    const path = ['command', command];
    const refuse = (message: string, hint: string, at: readonly string[] = []) =>
      errorAt(valuePlace(root, [...path, ...at]), { code: 'invalid-command', message, hint });
    const first = template[0]!;
    const found =
      typeof first === 'string' && first.trim() !== '' && placeholdersIn([first]).length === 0
        ? []
        : [refuse(`${command} does not begin with the name of a program`, 'For example: [qsub, …].', ['0'])];
    for (const [index, part] of template.entries()) {
      for (const [inner, text] of [part].flat().entries()) {
        const at = typeof part === 'string' ? [String(index)] : [String(index), String(inner)];
        if (text.includes('\0')) found.push(refuse('an argument holds no zero character', 'Remove it.', at));
        const problem = placeholderProblem(command, text);
        if (problem !== undefined) found.push(refuse(problem, knownPlaceholders(command), at));
      }
    }
    return [...found, ...neededPlaceholders(command, template).map((why) => refuse(why, knownPlaceholders(command)))];
  });
}

/** What a command cannot do without. */
function neededPlaceholders(command: CommandName, template: ArgumentTemplate): string[] {
  const outside = placeholdersIn(template.filter((part) => typeof part === 'string'));
  if (command !== 'submit') return outside.includes('names') ? [] : [`${command} lacks {names}: it is asked by name`];
  const lacking = ['name', 'script'].filter((name) => !outside.includes(name));
  const counts = outside.includes('index') || outside.includes('count') ? [] : ['{index} or {count}'];
  return [...lacking.map((name) => `{${name}}`), ...counts].map((what) => `submit lacks ${what}`);
}

/** A program that is named by a path with a slash lies where the path leads from the folder of the file. */
function withProgramPaths(command: CommandSettings, folder: string): CommandSettings {
  const located = ([program, ...rest]: ArgumentTemplate): ArgumentTemplate => {
    const text = program as string;
    return [text.includes('/') ? userPath(text, folder) : text, ...rest];
  };
  const { submit, status, cancel } = command;
  return { ...command, submit: located(submit), status: located(status), cancel: located(cancel) };
}
