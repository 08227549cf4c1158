import { shellWord } from '../../diagnostics/shell-word.js';
import type { RunnerSettings } from './executors-file.js';

/**
 * The script that a machine runs: modules and shell text of the user's own file, then the runner in place of the shell, so
 * that signals reach it. Nothing in it comes from a workflow: the words of `argv` are quoted.
 * @param index shell text that gives the index of the runner
 */
export function runnerScript({ setup, modules = [] }: RunnerSettings, argv: readonly string[], index: string): string {
  // Environment modules are a function of the shell, which a job does not always bring along.
  const define = modules.length > 0 ? ['type module >/dev/null 2>&1 || . /etc/profile'] : [];
  const loads = modules.map((name) => `module load ${shellWord(name)} || exit 1`);
  const own = setup === undefined ? [] : [setup.trimEnd(), '[ $? -eq 0 ] || exit 1'];
  const runner = `exec ${argv.map(shellWord).join(' ')} --index "${index}"`;
  return `${['#!/bin/bash', ...define, ...loads, ...own, runner].join('\n')}\n`;
}
