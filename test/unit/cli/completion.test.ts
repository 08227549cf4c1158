import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { commands } from '../../../src/cli/commands.js';
import { bashOutput, bashWords } from '../../../src/cli/completion/bash.js';
import { candidatesFor } from '../../../src/cli/completion/candidates.js';
import {
  type CommandDescriptions,
  describeCommand,
  descriptionsFile,
} from '../../../src/cli/completion/description.js';
import { readWords } from '../../../src/cli/completion/words.js';
import { smallWorkflow } from '../../small-workflow.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const described = JSON.parse(readFileSync(descriptionsFile, 'utf8')) as CommandDescriptions;
const test = suite<{ folder: string }>('completion');
test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'runflow-completion-'));
  writeFileSync(join(context.folder, 'small.yaml'), smallWorkflow);
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

async function values(...words: readonly string[]): Promise<string[]> {
  return (await candidatesFor(described, words)).candidates.map(({ value }) => value);
}

test('what the build wrote of the commands is what they say, and files and folders are completed everywhere', async () => {
  const listed = Object.entries(commands).filter(([, { hidden }]) => !hidden);
  assert.equal(
    Object.keys(described),
    listed.map(([name]) => name),
  );
  for (const [name, { load }] of listed) {
    const { command } = await load();
    assert.equal(described[name], JSON.parse(JSON.stringify(describeCommand(command))), name);
    if (command.usage.startsWith('FILE')) assert.is(command.completes?.[0], 'workflow', name);
    for (const [option, { value, completes }] of Object.entries(command.options)) {
      if (value === 'DIR') assert.is(completes, 'folder', `${name} --${option}`);
    }
  }
});

test('commands, options that are not given yet, and their values', async () => {
  assert.equal(await values('pl'), ['plan']);
  assert.ok((await values('')).includes('help') && !(await values('')).includes('--help'));
  assert.equal(await values('--v'), ['--version']);
  assert.equal(await values('help', 'prof'), ['profiles']);
  assert.equal(await values('nonsense', ''), []);
  assert.equal(await values('run', 'w.yaml', '--se'), ['--set', '--semantics']);
  assert.equal(await values('run', 'w.yaml', '--semantics', 'paper', '--se'), ['--set']);
  assert.equal(await values('run', 'w.yaml', '--set', 'a=1', '--set'), ['--set']);
  assert.equal(await values('run', '--semantics', 'r'), ['reference']);
  assert.equal(await values('run', '--semantics=r'), ['--semantics=reference']);
  assert.equal(await values('run', '--', '--se'), []);
  assert.equal(await values('cache', 'p'), ['pin', 'push', 'pull']);
  assert.equal(await values('init', '--template', 'exp'), ['exp1', 'exp2', 'exp3', 'exp4']);
  assert.equal(await values('schema', ''), []);
});

test('words are read as the command reads them', () => {
  const { run } = described;
  const typed = readWords(run!, ['w.yaml', '-kn', '--force', 'a', '--set', 'x=1', '--out=o', '--', '-b']);
  assert.equal(typed.positionals, ['w.yaml', 'a', '-b']);
  assert.equal([...typed.options].sort(), [
    ...[
      ['dry-run', ''],
      ['force', ''],
      ['out', 'o'],
      ['set', 'x=1'],
    ],
  ]);
  assert.is(readWords(run!, ['w.yaml', '--out']).pending?.completes, 'folder');
});

test('workflows and folders of the disk, hidden ones when asked for', async ({ folder }) => {
  mkdirSync(join(folder, 'deep/er'), { recursive: true });
  mkdirSync(join(folder, '.hidden'));
  writeFileSync(join(folder, 'notes.txt'), '');
  const at = (word: string) => `${folder}/${word}`;
  assert.equal((await values('run', at(''))).sort(), [at('deep/'), at('small.yaml')]);
  assert.equal(await values('run', at('.')), [at('.hidden/')]);
  assert.equal(await values('run', at('deep/')), [at('deep/er/')]);
  assert.equal(await values('run', 'w.yaml', '--out', at('s')), []);
  assert.equal(await values('run', 'w.yaml', `--out=${at('d')}`), [`--out=${at('deep/')}`]);
});

test('profiles, settings, targets and steps of the workflow that is named', async ({ folder }) => {
  const exp1 = join(root, 'workflows/exp1.yaml');
  assert.equal(await values('run', exp1, '--profile', 'qwen2.5-1'), ['qwen2.5-1.5b']);
  assert.equal(await values('run', exp1, `--profile=t`), ['--profile=toy', '--profile=toy-qwen2']);
  assert.equal(await values('run', exp1, '--set', 'recipes.full.l'), ['recipes.full.lr=']);
  assert.equal(await values('run', exp1, '--profile', 'qwen2.5-7b', '--set', 'models.scr'), []);
  const small = join(folder, 'small.yaml');
  assert.equal((await values('plan', small, 'o')).sort(), ['overlap', 'overlap-table']);
  assert.equal((await values('plan', small, 'overlap', 'us')).sort(), ['useful']);
  const steps = await values('plan', small, 'svd[alignment,model.layers.0.mlp.d');
  assert.equal(steps, ['svd[alignment,model.layers.0.mlp.down_proj.weight]']);
  assert.equal(await values('plan', small, `--force=svd[alignment,model.no`), [
    '--force=svd[alignment,model.norm.weight]',
  ]);
  assert.equal(await values('export', small, 'a'), ['aligned']);
  assert.equal(await values('export', small, '--as', 'adapter', 'a'), ['alignment']);
  writeFileSync(small, 'runflow: 2\n');
  assert.equal(await values('plan', small, ''), []);
});

test('bash hands over words as they are typed and cut at = and :, and gets them quoted', () => {
  assert.equal(bashWords(['plan', '--set', '=', 'a\\ b', "'x y'", '"q\\"', 'C', ':', '/d']), [
    ...['plan', '--set=a b', 'x y', 'q"', 'C:/d'],
  ]);
  const output = (value: string, ...raw: string[]) => bashOutput({ candidates: [{ value }] }, raw).split('\n')[1];
  assert.is(output('a$(b) "c"', 'a'), 'a\\$\\(b\\)\\ \\"c\\"');
  assert.is(output('svd[a]', "'svd["), 'svd[a]');
  assert.is(output("it's", "'it"), '');
  assert.is(output('a$b', '"a'), '');
  assert.is(output('--profile=toy', '--profile', '=', 't'), 'toy');
  assert.is(bashOutput({ candidates: [{ value: 'a b/' }], arePaths: true }, ['a']), 'paths\na b\n');
  assert.is(bashOutput({ candidates: [{ value: 'params.' }] }, ['p']), 'words open\nparams.\n');
});

test.run();
