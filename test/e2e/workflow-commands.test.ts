import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const test = suite<{ folder: string }>('workflow commands');
test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'runflow-cli-'));
});
test.after.each((context) => rmSync(context.folder, { recursive: true }));

function runflow(cwd: string, ...argv: string[]) {
  const environment = { ...process.env, NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin/runflow.js'), ...argv], {
    cwd,
    encoding: 'utf8',
    env: environment,
  });
  return { status, stdout, stderr };
}

test('init writes a workflow that is valid, with a schema for the editor, and never overwrites', ({ folder }) => {
  const first = runflow(folder, 'init', 'lab');
  assert.is(first.status, 0, first.stderr);
  assert.ok(existsSync(join(folder, 'lab/workflow.schema.json')));
  assert.match(
    readFileSync(join(folder, 'lab/workflow.yaml'), 'utf8'),
    /^# yaml-language-server: \$schema=\.\/workflow\.schema\.json\n/,
  );
  const validated = runflow(folder, 'validate', 'lab/workflow.yaml');
  assert.equal(validated, {
    status: 0,
    stdout: 'lab/workflow.yaml: valid (4 models, 3 updates, 2 subspaces, 1 sweep, 1 metric)\n',
    stderr: '',
  });
  writeFileSync(join(folder, 'lab/workflow.yaml'), 'mine');
  const second = runflow(folder, 'init', 'lab');
  assert.is(second.status, 2);
  assert.match(second.stderr, /exists already/);
  assert.is(readFileSync(join(folder, 'lab/workflow.yaml'), 'utf8'), 'mine');
});

test('validate shows what is wrong on stderr and exits with 2', ({ folder }) => {
  writeFileSync(join(folder, 'a.yaml'), 'runflow: 1\nmodels:\n  a: { pth: x }\n');
  writeFileSync(join(folder, 'b.yaml'), 'runflow: 1\n');
  const { status, stdout, stderr } = runflow(folder, 'validate', 'a.yaml', 'b.yaml');
  assert.is(status, 2);
  assert.is(stdout, 'b.yaml: valid\n');
  assert.is(
    stderr,
    `a.yaml:3:3: error: models.a does not say how the model is made
 3 |   a: { pth: x }
   |   ^
  Did you mean "path" by "pth"?
`,
  );
});

test('validate takes a profile, settings and semantics', ({ folder }) => {
  writeFileSync(join(folder, 'a.yaml'), 'runflow: 1\nprofiles: { p: { models: { m: { path: m } } } }\n');
  const valid = runflow(
    folder,
    'validate',
    'a.yaml',
    '--profile',
    'p',
    '--set',
    'models.m.path=n',
    '--semantics=reference',
  );
  assert.equal([valid.status, valid.stdout], [0, 'a.yaml: valid with profile p (1 model)\n']);
  assert.is(runflow(folder, 'validate', 'a.yaml', '--set', 'models.m.path=n').status, 2);
  const semantics = runflow(folder, 'validate', 'a.yaml', '--semantics', 'papr');
  assert.is(semantics.status, 2);
  assert.match(semantics.stderr, /Did you mean paper\?/);
});

test('schema prints the schema as it is shipped', ({ folder }) => {
  const { status, stdout } = runflow(folder, 'schema');
  assert.is(status, 0);
  assert.is(stdout, readFileSync(join(root, 'schema/workflow.schema.json'), 'utf8'));
});

test.run();
