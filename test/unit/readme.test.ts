import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { commands } from '../../src/cli/commands.js';
import { exitCodes } from '../../src/diagnostics/exit-codes.js';
import { familyNames } from '../../src/formats/families/registry.js';

const root = new URL('../../../', import.meta.url).pathname;
const readme = readFileSync(join(root, 'README.md'), 'utf8');

test('the README has every command and no other', () => {
  const told = new Set([...readme.matchAll(/^\| `runflow (\S+?)[ `]/gm)].map(([, name]) => name));
  const listed = Object.keys(commands).filter((name) => !commands[name]!.hidden);
  assert.equal([...told].sort(), listed.sort());
});

test('the README has every exit code', () => {
  const told = [...readme.matchAll(/^\| (\d+) /gm)].map(([, code]) => Number(code));
  assert.equal(told, Object.values(exitCodes));
});

test('the README has every environment variable that the sources read and no other', () => {
  const pattern = /\b(?:RUNFLOW|HF)_[A-Z_]+\b/g;
  const read = new Set<string>();
  for (const file of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    for (const [name] of readFileSync(join(root, 'src', file), 'utf8').matchAll(pattern)) read.add(name);
  }
  assert.equal([...new Set([...readme.matchAll(pattern)].map(([name]) => name))].sort(), [...read].sort());
});

test('the README has every folder of the sources and no other', () => {
  const told = [...readme.matchAll(/^src\/(\S+)\//gm)].map(([, name]) => name!);
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.equal(told.sort(), folders.map(({ name }) => name).sort());
});

test('the workflows in the README are those of the examples it names', () => {
  const [whole, part, ...excerpts] = [...readme.matchAll(/```yaml\n(.*?)```/gs)].map(([, block]) => block!);
  assert.ok(readFileSync(join(root, 'examples/own-checkpoints.yaml'), 'utf8').endsWith(whole!));
  assert.ok(readFileSync(join(root, 'examples/mixed-data.yaml'), 'utf8').includes(part!));
  const files = [
    'training-seeds',
    'behaviour',
    'multiple-choice',
    'own-metrics',
    'own-defence',
    'own-module',
    'own-tables',
    'combined-models',
    'paper-figures',
    'executors/slurm',
    'executors/bash',
  ];
  assert.is(excerpts.length, files.length);
  for (const [index, file] of files.entries()) {
    const lines = readFileSync(join(root, `examples/${file}.yaml`), 'utf8').split('\n');
    for (const line of excerpts[index]!.split('\n')) assert.ok(lines.includes(line), line);
  }
});

test('the README has every family of decoders that is run, and no other', () => {
  const [, listed] = /`model_type` in config\.json is (.*?) \|/.exec(readme)!;
  assert.equal(
    [...listed!.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    familyNames,
  );
});

test('links of the README lead to files', () => {
  for (const [, target] of readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g))
    assert.ok(existsSync(join(root, target!)), target);
});

/** Every source by its path, without comments. */
function sources(): readonly (readonly [string, string])[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [file, readFileSync(join(root, 'src', file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')]);
}

test('hints that point into a document name a heading of it', () => {
  let found = 0;
  for (const [file, text] of sources()) {
    for (const [, heading, document] of text.matchAll(/"([^"\n]+)" in the ([A-Z]+)\b/g)) {
      found += 1;
      const headings = readFileSync(join(root, `${document}.md`), 'utf8').split('\n');
      assert.ok(headings.includes(`## ${heading}`), `${file} points to "${heading}" in the ${document}`);
    }
    for (const [document] of text.matchAll(/\b(?:README|ARCHITECTURE)\b(?!\.md)/g)) {
      assert.match(text, new RegExp(`" in the ${document}`), `${file} names the ${document}, and no part of it`);
    }
  }
  assert.ok(found > 0);
});

test('hints that name a command name one there is, with options that it has', async () => {
  const seen = new Set<string>();
  for (const [file, text] of sources()) {
    for (const [, name, rest] of text.matchAll(/(?:[Ss]ee|`|'|: |, |\bor|\brun) ?runflow ([a-z]+)([^'`.;)\n]*)/g)) {
      const entry = Object.hasOwn(commands, name!) ? commands[name!] : undefined;
      // A sentence about runflow is no command: `runflow computes …`.
      if (entry === undefined) {
        assert.match(name!, /s$|^(does|itself|relies|store)$/, `${file}: runflow ${name} is no command`);
        continue;
      }
      const { command } = await entry.load();
      seen.add(name!);
      for (const [, option] of rest!.matchAll(/--([a-z-]+)/g)) {
        assert.ok(option === 'help' || Object.hasOwn(command.options, option!), `${file}: runflow ${name} --${option}`);
      }
    }
  }
  assert.ok(seen.size >= 4, [...seen].join());
});

test.run();
