import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Command, helpOf, parseInvocation } from '../../../src/cli/command.js';
import { folderOption } from '../../../src/cli/folder-option.js';
import { loadOptions, workflowOptions } from '../../../src/cli/load-workflow.js';
import { UsageError } from '../../../src/diagnostics/errors.js';

const command: Command = {
  name: 'brew',
  usage: 'FILE [TARGET…]',
  summary: 'Brews.',
  positionals: { min: 1, max: 2 },
  options: {
    json: { description: 'Print JSON' },
    profile: { description: 'A profile', value: 'NAME', short: 'p' },
    set: { description: 'Set a parameter', value: 'a.b=v', multiple: true },
    force: { description: 'Run again', value: 'STEP', bare: '**', multiple: true },
  },
  run: async () => 0,
};

const parse = (...argv: string[]) => parseInvocation(command, argv);
const fails = (argv: string[], message: RegExp) =>
  assert.throws(
    () => parse(...argv),
    (error: unknown) => error instanceof UsageError && message.test(`${error.message} ${error.hint}`),
  );

test('options, switches and positionals may come in any order', () => {
  const given = parse('--json', 'a.yaml', '--profile', 'toy', 'svd*', '--set', 'x=1', '--set=y=-2');
  assert.equal(given.positionals, ['a.yaml', 'svd*']);
  assert.ok(given.switch('json'));
  assert.is(given.value('profile'), 'toy');
  assert.equal(given.values('set'), ['x=1', 'y=-2']);
  assert.is(given.value('force'), undefined);
});

test('an option with an optional value never swallows the argument behind it', () => {
  const bare = parse('--force', 'a.yaml');
  assert.is(bare.value('force'), '**');
  assert.equal(bare.positionals, ['a.yaml']);
  assert.is(parse('a.yaml', '--force=svd*').value('force'), 'svd*');
});

test('an unknown option is a usage error that names the nearest one', () => {
  fails(['a.yaml', '--profle', 'toy'], /unknown option --profle .*--profile/);
  fails(['a.yaml', '--toString'], /unknown option --toString/);
  fails(['a.yaml', '-z'], /unknown option -z/);
});

test('a missing, doubled or superfluous value or argument is a usage error', () => {
  fails(['a.yaml', '--profile'], /--profile needs a value/);
  fails(['a.yaml', '--profile', '--json'], /--profile needs a value/);
  fails(['a.yaml', '--json=yes'], /--json takes no value/);
  fails(['a.yaml', '-p', 'a', '-p', 'b'], /given twice/);
  fails([], /argument is missing: runflow brew FILE/);
  fails(['a', 'b', 'c'], /one argument too many: c/);
});

test('an empty value or argument is a usage error: a variable of the shell was not set', () => {
  for (const empty of ['', ' ', '\t']) {
    fails(['a.yaml', `--profile=${empty}`], /--profile has an empty value/);
    fails(['a.yaml', '--profile', empty], /--profile has an empty value/);
    fails(['a.yaml', `--force=${empty}`], /--force has an empty value/);
    fails(['a.yaml', '--set', empty], /--set has an empty value/);
    fails([empty], /argument 1 is empty/);
    fails(['a.yaml', empty], /argument 2 is empty/);
  }
});

test('the beginning of an option names it', () => {
  fails(['a.yaml', '--prof', 'x'], /unknown option --prof Did you mean --profile\?/);
});

test('semantics that are given in two ways are a usage error', () => {
  const reading: Command = { ...command, options: workflowOptions };
  const given = (...argv: string[]) => loadOptions(parseInvocation(reading, ['a.yaml', ...argv]));
  assert.throws(() => given('--semantics', 'paper', '--set', 'semantics=reference'), /say the same thing twice/);
  assert.is(given('--semantics', 'paper', '--set', 'seed=1').semantics, 'paper');
  assert.equal(given('--set', 'semantics=reference').set, ['semantics=reference']);
});

test('an option for a folder is refused where a file is, and knows the home folder', () => {
  const out: Command = { ...command, options: { out: { description: 'Results', value: 'DIR' } } };
  const folder = mkdtempSync(join(tmpdir(), 'folder-option-'));
  writeFileSync(join(folder, 'file'), '');
  const given = (value: string) => folderOption(parseInvocation(out, ['a.yaml', `--out=${value}`]), 'out');
  try {
    for (const name of ['file', 'file/below', 'file/far/below']) {
      assert.throws(
        () => given(join(folder, name)),
        (error: unknown) => error instanceof UsageError && /file is a file, not a folder/.test(error.message),
      );
    }
    assert.is(given(join(folder, 'new/deep')), join(folder, 'new/deep'));
    assert.is(given(folder), folder);
    assert.is(given('~/results'), join(homedir(), 'results'));
    assert.is(given('results'), resolve('results'));
    assert.is(folderOption(parseInvocation(out, ['a.yaml']), 'out'), undefined);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what follows -- is an argument even when it looks like an option', () => {
  assert.equal(parse('a.yaml', '--', '--json').positionals, ['a.yaml', '--json']);
});

test('help needs no arguments and lists every option', () => {
  assert.ok(parse('--help').switch('help'));
  const help = helpOf(command);
  for (const text of ['runflow brew FILE [TARGET…]', '-p, --profile NAME', '--force[=STEP]', '--help']) {
    assert.ok(help.includes(text), text);
  }
});

test.run();
