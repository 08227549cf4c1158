import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Metric } from '../../../src/workflow/workflow.js';
import { load, problems, screen } from './loading.js';

const lab = (metric: string) => ({
  'lab/main.yaml': `runflow: 1
models: { base: { path: base }, other: { path: other } }
datasets: { asked: { path: asked.jsonl }, words: { path: words.jsonl } }
metrics:
  m: { kind: command, models: base, ${metric} }
updates: { tuning: { from: base, to: other } }
subspaces: { top: { kind: top-k, of: tuning } }
sweeps: { s: { project: tuning, onto: top, mode: parallel, fractions: [1], measure: [energy] } }
`,
});

async function resolved(metric: string): Promise<Metric> {
  return (await load(lab(metric))).metrics.get('m')!;
}

test('a command has defaults: an hour, a gibibyte, no variables, and the model alone', async () => {
  const { range: _, ...metric } = await resolved('command: { run: [python3, score.py] }');
  assert.equal(metric, {
    name: 'm',
    kind: 'command',
    command: {
      run: ['python3', 'score.py'],
      files: [],
      version: null,
      timeoutSeconds: 3600,
      env: [],
      outputBytes: 2 ** 30,
    },
    on: null,
    models: ['base'],
    takes: ['model'],
    prompt: 'prompt',
    template: 'alpaca',
    maxTokens: 512,
    stop: [],
    limit: null,
    inputs: {},
    bounds: null,
    scores: ['score'],
  });
});

test('with a dataset it takes responses, and all of it can be said', async () => {
  const metric = await resolved(
    'on: asked, inputs: { words: { dataset: words }, base: { model: other } }, scores: [tone, warmth], range: [-1, 1], command: { run: [python3, tone.py], files: [tone.py, "lib/**/*.py"], version: [python3, --version], timeout: 60, env: [TONE_KEY], max-output: 5 MB }',
  );
  if (metric.kind !== 'command') throw new Error(metric.kind);
  assert.equal(metric.takes, ['responses']);
  assert.equal(metric.inputs, { base: { model: 'other' }, words: { dataset: 'words' } });
  assert.equal(metric.scores, ['tone', 'warmth']);
  assert.equal(metric.bounds, [-1, 1]);
  assert.is(metric.command.outputBytes, 5_000_000);
  assert.equal((await load(lab('command: { run: [x] }'))).metrics.get('m')!.kind, 'command');
});

const command = 'command: { run: [x] }';

test('what a command cannot take, or would take for nothing, is refused', async () => {
  const said = async (metric: string) => (await problems(lab(metric))).map((text) => text.replace(/^[^ ]* /, ''));
  assert.equal(await said(`takes: [responses], ${command}`), ['responses are of a dataset, and there is no on']);
  assert.equal(await said(`on: asked, takes: [model], ${command}`), ['the command takes no items of the dataset']);
  assert.equal(await said(`on: asked, takes: [rows], ${command}`), [
    'the command takes nothing of the model that it scores',
  ]);
  assert.equal(await said(`max-tokens: 5, limit: 3, ${command}`), [
    'max-tokens is of responses, and the command takes none',
    'limit is of responses, and the command takes none',
  ]);
  assert.equal(await said(`on: asked, takes: [model, rows], template: raw, ${command}`), [
    'template is of responses, and the command takes none',
  ]);
  assert.equal(await said(`range: [1, 0], ${command}`), ['the range must go from a lower number to a higher one']);
  assert.equal(await said(`scores: [item], ${command}`), ['a score cannot be called item']);
  assert.equal(await said(`inputs: { base: { model: none } }, ${command}`), ['there is no model "none"']);
  assert.equal(await said(`inputs: { rows: { model: base } }, ${command}`), ['an input cannot be called rows']);
  assert.equal(await said(`inputs: { ../x: { model: base } }, ${command}`), [
    '"../x" cannot be a name in metrics.m.inputs',
  ]);
  for (const input of ['{ model: base, dataset: words }', '{}']) {
    const message = 'an input is a model or a dataset, one of the two';
    assert.equal(await said(`inputs: { x: ${input} }, ${command}`), [message]);
  }
});

test('patterns and programs that leave the folder are refused', async () => {
  for (const pattern of ['../x', '/etc/passwd', '~/x', 'a/../../b', 'C:/x', '..', '\\\\server\\x']) {
    const said = await problems(lab(`command: { run: [x], files: ["${pattern.replaceAll('\\', '\\\\')}"] }`));
    assert.match(said[0]!, /leads out of the workflow's folder/, pattern);
  }
  for (const pattern of ['a//b', './a', 'a/', 'a/./b', 'a\\\\b']) {
    assert.match(
      (await problems(lab(`command: { run: [x], files: ["${pattern}"] }`)))[0]!,
      /not written plainly/,
      pattern,
    );
  }
  assert.match((await problems(lab('command: { run: [x], files: ["a**"] }')))[0]!, /has \*\* within a name/);
  assert.match((await problems(lab('command: { run: [x], files: ["Inputs/x"] }')))[0]!, /begins in Inputs\//);
  for (const program of ['../x', 'a/../../x', 'inputs/x', './outputs/x']) {
    assert.match(
      (await problems(lab(`command: { run: ["${program}"] }`)))[0]!,
      /does not lie in the workflow's folder/,
    );
    assert.match((await problems(lab(`command: { run: [x], version: ["${program}"] }`)))[0]!, /does not lie in/);
  }
  assert.match((await problems(lab('command: { run: [""] }')))[0]!, /the name of the program is empty/);
  assert.match((await problems(lab('command: { run: [x, "a\\0b"] }')))[0]!, /zero character/);
  assert.is((await problems(lab('command: { run: [] }'))).length, 1);
  assert.is((await problems(lab('command: { run: "python3 score.py" }'))).length, 1);
});

test('an argument that leads out of the folder is refused, however it is written', async () => {
  const said = (argument: string) => problems(lab(`command: { run: [x, ${JSON.stringify(argument)}] }`));
  const leading = ['..', '../x', 'a/../../x', '--file=../../x', '--dir=..', '-I../include', '-o=a:../x', '@../x'];
  for (const argument of [...leading, 'open("../x")', 'a b/../../c/../x', '..\\x', './../x', '--a=b,../x']) {
    assert.match((await said(argument))[0] ?? 'nothing', /leads out of the folder in which the program runs/, argument);
    const version = await problems(lab(`command: { run: [x], version: [x, ${JSON.stringify(argument)}] }`));
    assert.match(version[0] ?? 'nothing', /leads out of the folder/, argument);
  }
  for (const argument of [
    'a/../b',
    '--file=lib/../x',
    '/usr/../bin',
    'https://a/b/../c',
    '1..5',
    'a..b',
    '.. | .x',
    '...a',
    's/../x/',
  ]) {
    const { metrics } = await load(lab(`command: { run: [x, ${JSON.stringify(argument)}] }`));
    assert.is(metrics.size, 1, argument);
  }
});

test('a timeout that no clock of Node can keep is refused', async () => {
  const [said] = await problems(lab('command: { run: [x], timeout: 2147484 }'));
  assert.match(said!, /timeout is 2147484; it must be at most 2147483/);
  assert.is((await load(lab('command: { run: [x], timeout: 2147483 }'))).metrics.size, 1);
});

test('variables by which code is loaded, and those that runflow sets, are refused', async () => {
  for (const name of ['LD_PRELOAD', 'ld_preload', 'LD_AUDIT', 'DYLD_INSERT_LIBRARIES', 'NODE_OPTIONS', 'PYTHONPATH']) {
    const said = await problems(lab(`command: { run: [x], env: [${name}] }`));
    assert.match(said[0]!, /makes programs run code that is not part of the command/, name);
  }
  for (const name of [
    'PYTHONSTARTUP',
    'BASH_ENV',
    'PERL5OPT',
    'RUBYOPT',
    'JAVA_TOOL_OPTIONS',
    'GIT_SSH_COMMAND',
    'ENV',
    ...['VK_ICD_FILENAMES', 'VK_DRIVER_FILES', 'VK_INSTANCE_LAYERS', 'DOTNET_STARTUP_HOOKS', 'CORECLR_PROFILER_PATH'],
    ...['JULIA_LOAD_PATH', 'PHPRC', 'LESSOPEN', 'ZDOTDIR', 'CUDA_INJECTION64_PATH', 'RUSTC_WRAPPER', 'COR_PROFILER'],
    ...[
      'PHP_INI_SCAN_DIR',
      'RUSTC_WORKSPACE_WRAPPER',
      'NVTX_INJECTION64_PATH',
      'GTK_MODULES',
      'NPM_CONFIG_SCRIPT_SHELL',
    ],
  ]) {
    assert.match((await problems(lab(`command: { run: [x], env: [${name}] }`)))[0]!, /makes programs run code/, name);
  }
  assert.match((await problems(lab('command: { run: [x], env: [PATH] }')))[0]!, /PATH is passed to every program/);
  assert.match((await problems(lab('command: { run: [x], env: [TMPDIR] }')))[0]!, /runflow sets TMPDIR itself/);
  assert.is((await problems(lab('command: { run: [x], env: ["A=b"] }'))).length, 1);
  assert.equal((await load(lab('command: { run: [x], env: [HF_TOKEN, LANGUAGE] }'))).metrics.size, 1);
});

test('a size that is none is refused with an example', async () => {
  const text = await screen(lab('command: { run: [x], max-output: much }'));
  assert.match(text, /"much" is no size/);
  assert.match(text, /For example: 500 MB, 2 GiB/);
});

test.run();
