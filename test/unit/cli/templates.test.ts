import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeNewFiles } from '../../../src/cli/new-files.js';
import { filesOfTemplate, templateNamed, templates } from '../../../src/cli/templates.js';
import { UsageError } from '../../../src/diagnostics/errors.js';
import { resolvePrograms } from '../../../src/run/programs/resolve-programs.js';
import { loadStudy } from '../../../src/workflow/load.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const test = suite<{ folder: string }>('templates');
test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'runflow-templates-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

test('every workflow that is shipped is a template with a sentence about it, and parts of others are none', () => {
  const shipped = ['workflows', 'examples']
    .flatMap((folder) => readdirSync(join(root, folder)))
    .filter((file) => file.endsWith('.yaml') && !['lab.yaml', 'published.yaml'].includes(file));
  const all = templates();
  assert.equal(all.map(({ name }) => `${name}.yaml`).sort(), shipped.sort());
  for (const { name, summary } of all) assert.match(summary, /^[A-Z].{10,}[.?]$/, name);
  assert.match(templateNamed('exp3').summary, /^Experiment 3: are safety weight subspaces distinct\?$/);
  assert.throws(() => templateNamed('exp9'), /no template exp9/);
});

test('a copy is valid with each of its profiles, reads no file outside its folder, and leads editors to the schema', async ({
  folder,
}) => {
  for (const template of templates()) {
    const to = join(folder, template.name);
    const [workflow] = await writeNewFiles(to, await filesOfTemplate(template, 'schema.json'));
    assert.is(workflow, join(to, `${template.name}.yaml`));
    const copied = readdirSync(to, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
    const profiles = copied.flatMap((file) => /^profiles.(.+)\.yaml$/.exec(file)?.[1] ?? []);
    assert.is(profiles.length > 0, template.folder.endsWith('workflows/'), template.name);
    for (const profile of [undefined, ...profiles]) {
      const loaded = await loadStudy(workflow!, { profile });
      assert.ok(loaded.ok, `${template.name} ${profile}`);
      if (loaded.ok) for (const { file } of loaded.value.files) assert.ok(file.startsWith(to), file);
    }
    for (const file of copied) {
      const [, schema] = /^# yaml-language-server: \$schema=(.+)/.exec(readFileSync(join(to, file), 'utf8'))!;
      assert.is(resolve(join(to, file), '..', schema!), join(to, 'schema.json'));
    }
  }
});

test('a template brings the data that lies beside it', async () => {
  const files = await filesOfTemplate(templateNamed('toy-choices'), 's');
  assert.equal(
    files.map(({ name }) => name),
    ['toy-choices.yaml', 'sums.jsonl'],
  );
  assert.equal(files[1]!.content, readFileSync(join(root, 'examples/sums.jsonl')));
});

test('a template brings the files of its programs', async ({ folder }) => {
  const names: Record<string, readonly string[]> = {
    'own-metrics': ['metrics/small-weights.mjs', 'metrics/style.py'],
    'own-module': ['modules/sparsity.js'],
    'own-defence': ['defences/trim.py'],
    'own-tables': ['steps/ranking.py'],
  };
  let programs = 0;
  for (const template of templates()) {
    const to = join(folder, template.name);
    const [workflow] = await writeNewFiles(to, await filesOfTemplate(template, 's'));
    const files = async (file: string) => {
      const loaded = await loadStudy(file);
      assert.ok(loaded.ok, template.name);
      if (!loaded.ok) return [];
      const found = loaded.value.cells.flatMap((cell) => resolvePrograms(cell.workflow));
      programs += found.length;
      return found.flatMap((one) => one.files.map(({ name, digest }) => [name, String(digest)] as const));
    };
    const copied = await files(workflow!);
    assert.equal(copied, await files(template.file), template.name);
    assert.equal(copied.map(([name]) => name).sort(), names[template.name] ?? [], template.name);
  }
  assert.ok(programs > 0);
});

test('what is there stays: the same bytes are left, others refuse the whole, a first file must be new', async ({
  folder,
}) => {
  const one = { name: 'one', content: '1' };
  const other = { name: 'sub/other', content: 'x' };
  assert.equal(await writeNewFiles(folder, [one, other]), [join(folder, 'one'), join(folder, 'sub/other')]);
  assert.equal(await writeNewFiles(folder, [{ name: 'two', content: '2' }, other]), [join(folder, 'two')]);
  const refused = async (files: Parameters<typeof writeNewFiles>[1]) => {
    const before = readdirSync(folder, { recursive: true });
    const problem = await writeNewFiles(folder, files).then(
      () => assert.unreachable(),
      (error: unknown) => error,
    );
    assert.ok(problem instanceof UsageError);
    assert.equal(readdirSync(folder, { recursive: true }), before);
    return (problem as UsageError).message;
  };
  assert.match(await refused([one, { name: 'fresh', content: '' }]), /one exists already$/);
  writeFileSync(join(folder, 'sub/other'), 'mine');
  assert.match(await refused([{ name: 'three', content: '3' }, other]), /other exists already, and is not what/);
  assert.match(await refused([{ name: 'sub', content: '3' }]), /sub exists already/);
  assert.match(await refused([{ name: 'one/below', content: '3' }]), /exists already/);
  await writeNewFiles(folder, [
    { name: 'four', content: '4' },
    { ...other, yields: true },
  ]);
  assert.is(readFileSync(join(folder, 'sub/other'), 'utf8'), 'mine');
});

test.run();
