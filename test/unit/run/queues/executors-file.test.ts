import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EnvironmentError, InvalidWorkflowError, RunflowError } from '../../../../src/diagnostics/errors.js';
import { readExecutorsFile } from '../../../../src/run/queues/executors-file.js';
import { isQueueName, openQueue } from '../../../../src/run/queues/registry.js';

import { executorsSchema, type Schema } from '../../../../src/workflow/schema.js';
import { loadValidators } from '../../../../src/workflow/validators.js';

/** The user's own file of executors. */

const context = { folder: '' };
const test = suite('executors file', context);
test.before.each((of) => {
  of.folder = mkdtempSync(join(tmpdir(), 'runflow-executors-'));
});
test.after.each(({ folder }) => {
  rmSync(folder, { recursive: true, force: true });
});

const commands =
  'submit: [hand-in, "{name}", "{count}", "{script}"], status: [./look, "{names}"], cancel: [~/end, "{names}"]';

function written(folder: string, text: string, name = 'own.yaml'): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

test('the option wins over the environment, and that over the configuration folder', async ({ folder }) => {
  mkdirSync(join(folder, 'runflow'));
  written(folder, 'slurm: { modules: [c] }\n', 'runflow/executors.yaml');
  const environment = { XDG_CONFIG_HOME: folder };
  const byVariable = written(folder, 'slurm: { modules: [b] }\n', 'b.yaml');
  const byOption = written(folder, 'slurm: { modules: [a] }\n', 'a.yaml');
  const modules = async (...asked: Parameters<typeof readExecutorsFile>) =>
    (await readExecutorsFile(...asked)).slurm?.modules;
  if (process.platform === 'linux') assert.equal(await modules(undefined, environment), ['c']);
  assert.equal(await modules(undefined, { ...environment, RUNFLOW_EXECUTORS: byVariable }), ['b']);
  assert.equal(await modules(byOption, { ...environment, RUNFLOW_EXECUTORS: byVariable }), ['a']);
});

test('no file is as an empty one, unless it was named', async ({ folder }) => {
  const environment = { XDG_CONFIG_HOME: folder };
  assert.equal(await readExecutorsFile(undefined, environment), { file: undefined });
  const named = await refusal(readExecutorsFile(join(folder, 'none.yaml'), environment));
  assert.instance(named, EnvironmentError);
  assert.match(named.message, 'none.yaml: no such file');
  const variable = await refusal(readExecutorsFile(undefined, { ...environment, RUNFLOW_EXECUTORS: folder }));
  assert.match(variable.message, 'it is a folder');
  assert.is(variable.hint, 'RUNFLOW_EXECUTORS names it.');
});

test('everything that a file can say is read; a program with a slash lies where the file says', async ({ folder }) => {
  const file = written(
    folder,
    `slurm:
  setup: |
    export A=1
  modules: [nodejs/22]
  options: [--qos=high, --constraint=a100]
  network: true
  node: /opt/node
command: { ${commands}, ignore: [account], setup: x, modules: [y], network: false, node: /n }
`,
  );
  const read = await readExecutorsFile(file, { HOME: folder });
  assert.is(read.file, file);
  assert.equal(read.slurm, {
    setup: 'export A=1\n',
    modules: ['nodejs/22'],
    options: ['--qos=high', '--constraint=a100'],
    network: true,
    node: '/opt/node',
  });
  assert.equal(read.command?.submit[0], 'hand-in');
  assert.equal(read.command?.status, [join(folder, 'look'), '{names}']);
  assert.not.match(String(read.command?.cancel[0]), '~');
});

test('what is wrong is refused with its place', async ({ folder }) => {
  const cases: readonly [string, RegExp][] = [
    ['', /^1:1: the executors file must be a mapping/],
    ['{}', /the executors file is empty/],
    ['slurm: [', /^\d+:\d+: /],
    ['other: {}', /^1:1: unknown key "other" in the executors file/],
    ['slurm: { setupp: x }', /^1:10: unknown key "setupp" in slurm/],
    ['slurm: { setup: "a\\0b" }', /^1:17: slurm\.setup cannot be "a/],
    ['slurm: { setup: 1 }', /^1:17: slurm\.setup must be a text/],
    ['slurm: { modules: ["a; rm"] }', /^1:20: slurm\.modules\.0 cannot be "a; rm"/],
    ['slurm: { modules: [-x] }', /^1:20: slurm\.modules\.0/],
    ['slurm: { node: node }', /^1:16: slurm\.node/],
    ['slurm: { options: [-p gpu] }', /^1:20: slurm\.options\.0/],
    ['slurm: { options: ["--array=0-9"] }', /^1:20: runflow gives sbatch --array itself/],
    ['slurm: { options: ["--arr=0-9"] }', /^1:20: runflow gives sbatch --array itself/],
    ['slurm: { options: [--export=ALL] }', /--export itself/],
    ['slurm: { options: [--qos=a, --wrap=x] }', /^1:29: .*--wrap itself/],
    ['command: { submit: [a] }', /command lacks "status"/],
    [`command: { ${commands}, ignore: [jobs] }`, /command\.ignore\.0 cannot be "jobs"/],
    [`command: { ${commands.replace('{count}', '{cuont}')} }`, /submit has no placeholder {cuont}/],
    [`command: { ${commands.replace('"{count}", ', '')} }`, /submit lacks {index} or {count}/],
    [`command: { ${commands.replace('"{script}"', '["{script}"]')} }`, /submit lacks {script}/],
    [`command: { ${commands.replace('[./look, "{names}"]', '[./look]')} }`, /status lacks {names}/],
    [`command: { ${commands.replace('[./look, "{names}"]', '[./look, "-n{names}"]')} }`, /stands alone/],
    [`command: { ${commands.replace('hand-in', '"{name}"')} }`, /submit does not begin with the name of a program/],
    [`command: { ${commands.replace('hand-in', '[hand-in]')} }`, /submit does not begin with the name of a program/],
  ];
  for (const [text, expected] of cases) {
    const file = written(folder, text);
    const error = await refusal(readExecutorsFile(file, { HOME: folder }));
    assert.instance(error, InvalidWorkflowError, text);
    const told = (error as InvalidWorkflowError).diagnostics.map(({ range, message }) => {
      assert.is(range?.file, file, text);
      return `${range?.start.line}:${range?.start.column}: ${message}`;
    });
    assert.ok(
      told.some((line) => expected.test(line)),
      `${text}: ${told.join('\n')}`,
    );
  }
  const unknown = await refusal(
    readExecutorsFile(written(folder, `command: { ${commands.replace('{name}', '{nme}')} }`)),
  );
  assert.match((unknown as InvalidWorkflowError).diagnostics[0]!.hint ?? '', 'It may have {name}, {index}, {count}');
});

test('every field is described, and its examples are valid', async () => {
  const visit = (schema: Schema, path: string) => {
    assert.ok(schema.description, `${path} has no description`);
    assert.ok((schema.examples ?? schema.default ?? schema.properties) !== undefined, `${path} shows no value`);
    for (const [name, property] of Object.entries(schema.properties ?? {})) visit(property, `${path}.${name}`);
  };
  for (const [name, schema] of Object.entries(executorsSchema().properties!)) visit({ examples: [], ...schema }, name);
  const { executors } = await loadValidators();
  for (const [section, { properties = {}, required = [] }] of Object.entries(executorsSchema().properties!)) {
    const least = Object.fromEntries(required.map((name) => [name, properties[name]!.examples![0]!]));
    for (const [field, { examples = [] }] of Object.entries(properties)) {
      for (const example of examples) {
        assert.ok(executors!({ [section]: { ...least, [field]: example } }), `${section}.${field}`);
      }
    }
  }
});

test('a queue is opened by its name', async ({ folder }) => {
  assert.ok(isQueueName('slurm'));
  assert.not(isQueueName('local'));
  assert.not(isQueueName('toString'));
  const environment = { HOME: folder, XDG_CONFIG_HOME: folder };
  const absent = await readExecutorsFile(undefined, environment);
  assert.equal(openQueue('slurm', absent, environment).settings, {});
  assert.throws(() => openQueue('command', absent, environment), 'there is no executors file');
  const file = await readExecutorsFile(written(folder, 'slurm: { network: true }\n'));
  assert.equal(openQueue('slurm', file, environment).settings, { network: true });
  assert.throws(() => openQueue('command', file, environment), 'own.yaml has no section command');
});

async function refusal(promise: Promise<unknown>): Promise<RunflowError> {
  try {
    await promise;
  } catch (error) {
    assert.instance(error, RunflowError);
    return error as RunflowError;
  }
  throw new Error('it was not refused');
}

test.run();
