import type { Command } from './command.js';

/**
 * Every subcommand by name, in the order of the help. The summary stands here too, so that `runflow --help` imports none.
 * A command's module exports it as `command`. One that is `hidden` is typed by programs, and the list of commands leaves it out.
 */
export const commands: Readonly<
  Record<
    string,
    { readonly summary: string; readonly hidden?: true; readonly load: () => Promise<{ readonly command: Command }> }
  >
> = {
  run: { summary: 'Run a workflow: what is cached is taken, the rest is done', load: () => import('./run.js') },
  plan: { summary: 'Say which steps are cached, which would run, and why', load: () => import('./plan.js') },
  explain: {
    summary: 'Say of single steps why they are cached or run, and what goes into them',
    load: () => import('./explain.js'),
  },
  graph: { summary: 'Draw the steps of a workflow as mermaid or dot text', load: () => import('./graph.js') },
  runs: {
    summary: 'List runs: parameters that differ, metrics, device, duration, tags',
    load: () => import('./runs.js'),
  },
  show: {
    summary: 'Say what a run was: settings, steps, metrics, claims, device, failure, workflow text',
    load: () => import('./show.js'),
  },
  diff: {
    summary: 'Say how two runs differ: parameters, text, steps, metrics with intervals of the difference',
    load: () => import('./diff.js'),
  },
  restore: {
    summary: 'Write the results folder of a run as the run left it, byte for byte',
    load: () => import('./restore.js'),
  },
  logs: {
    summary: 'Show what a step said: of a cached one, the attempt that made it',
    load: () => import('./logs.js'),
  },
  path: { summary: 'Say where the outputs of a step lie', load: () => import('./path.js') },
  get: { summary: 'Copy the outputs of a step to a folder', load: () => import('./get.js') },
  figures: {
    summary: 'Write figures of the report as svg, pdf or png, from results that are there',
    load: () => import('./figures.js'),
  },
  table: {
    summary: 'Print a table in the layout of papers as LaTeX, Markdown or CSV, from results that are there',
    load: () => import('./table.js'),
  },
  export: { summary: 'Write a model of a workflow as a Hugging Face folder', load: () => import('./export.js') },
  init: {
    summary: "Write a commented workflow.yaml to start from, or one of the paper's workflows",
    load: () => import('./init.js'),
  },
  profiles: {
    summary: 'List the profiles of a workflow: which models each gives, and where it is defined',
    load: () => import('./profiles.js'),
  },
  validate: { summary: 'Check workflows without running anything', load: () => import('./validate.js') },
  completion: {
    summary: 'Print a script that completes commands, options, files, profiles and targets in a shell',
    load: () => import('./completion.js'),
  },
  schema: {
    summary: 'Print the JSON Schema of workflows: the reference of the language',
    load: () => import('./schema.js'),
  },
  lsp: {
    summary: 'Serve an editor: problems, definitions, hover texts and names of workflows',
    load: () => import('./lsp.js'),
  },
  doctor: {
    summary: 'Say which GPU is used, whether it computes correctly, and how fast; or what a cluster lacks',
    load: () => import('./doctor.js'),
  },
  runner: {
    summary: 'Carry out a joint run together with others: started by a queue, not by hand',
    hidden: true,
    load: () => import('./runner.js'),
  },
  probe: {
    summary: 'Say what this host is to runflow doctor: started by a queue, not by hand',
    hidden: true,
    load: () => import('./probe.js'),
  },
  cache: { summary: 'Look at, tidy, check the store of results', load: () => import('./cache.js') },
};
