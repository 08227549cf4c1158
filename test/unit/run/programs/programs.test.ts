import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { InvalidWorkflowError, UsageError } from '../../../../src/diagnostics/errors.js';
import { renderDiagnostics } from '../../../../src/diagnostics/render.js';
import { filesMatching } from '../../../../src/run/programs/matching-files.js';
import { resolvePrograms } from '../../../../src/run/programs/resolve-programs.js';
import { StudyPrograms } from '../../../../src/run/programs/study-programs.js';
import { allowPrograms, knownPrograms } from '../../../../src/run/programs/trust.js';
import { loadWorkflow } from '../../../../src/workflow/load.js';
import { studyOf } from '../../../../src/workflow/study.js';
import type { LoadedWorkflow } from '../../../../src/workflow/workflow.js';

interface Lab {
  readonly root: string;
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
}

const test = suite<{ lab: Lab }>('programs of workflows');
test.before.each((context) => {
  const root = mkdtempSync(join(tmpdir(), 'runflow-programs-'));
  const folder = join(root, 'lab');
  for (const path of ['lab', 'lab/lib/deep', 'lab/.hidden', 'lab/lib/__pycache__'])
    mkdirSync(join(root, path), { recursive: true });
  for (const file of [
    'score.py',
    'lib/a.py',
    'lib/b.txt',
    'lib/deep/c.py',
    'lib/.d.py',
    '.hidden/e.py',
    'lib/__pycache__/a.pyc',
    'lib/f.py~',
  ]) {
    writeFileSync(join(folder, file), `text of ${file}`);
  }
  context.lab = { root, folder, environment: { XDG_CONFIG_HOME: join(root, 'config'), HOME: root } };
});
test.after.each(({ lab }) => rm(lab.root, { recursive: true, force: true }));

async function workflow(
  { folder }: Pick<Lab, 'folder'>,
  command: string,
  set: readonly string[] = [],
): Promise<LoadedWorkflow> {
  const file = join(folder, 'main.yaml');
  writeFileSync(
    file,
    `runflow: 1
models: { base: { init: { family: llama, hidden: 16, layers: 1, heads: 2, mlp: 24, vocabulary: 20 } } }
metrics:
  m: { kind: command, models: base, command: ${command} }
  other: { kind: command, models: base, command: { run: [echo] } }
`,
  );
  const loaded = await loadWorkflow(file, { set });
  if (!loaded.ok) throw new Error(renderDiagnostics(loaded.diagnostics));
  return loaded.value;
}

const command = '{ run: [python3, score.py], files: ["lib/**"], version: [python3, --version], env: [TONE_KEY] }';

async function digestOf(lab: Pick<Lab, 'folder'>, text = command, set: readonly string[] = []) {
  return resolvePrograms(await workflow(lab, text, set))[0]!.digest;
}

test('patterns find files by name and in folders below, and nothing that is hidden or left over', ({
  lab: { folder },
}) => {
  const found = (pattern: string) => filesMatching(folder, pattern);
  assert.equal(found('score.py'), ['score.py']);
  assert.equal(found('*.py'), ['score.py']);
  assert.equal(found('lib/*'), ['lib/a.py', 'lib/b.txt']);
  assert.equal(found('lib/**'), ['lib/a.py', 'lib/b.txt', 'lib/deep/c.py']);
  assert.equal(found('**/*.py'), ['lib/a.py', 'lib/deep/c.py', 'score.py']);
  assert.equal(found('lib/?.py'), ['lib/a.py']);
  assert.equal(found('lib/.*.py'), ['lib/.d.py']);
  assert.equal(found('.hidden/e.py'), ['.hidden/e.py']);
  for (const pattern of ['none.py', 'lib', 'a.py', 'score.py/x', 'lib/[a].py']) {
    assert.throws(() => found(pattern), /matches no file/, pattern);
  }
});

test('links out of the folder, links to folders, pipes and links to nowhere are refused', ({
  lab: { folder, root },
}) => {
  writeFileSync(join(root, 'secret'), 'secret');
  const refused = (target: string, pattern: string, message: RegExp) => {
    symlinkSync(target, join(folder, 'lib', 'link'));
    assert.throws(() => filesMatching(folder, pattern), message);
    rmLink(folder);
  };
  refused(join(root, 'secret'), 'lib/link', /leads out of the workflow's folder/);
  refused('../../secret', 'lib/*', /leads out of the workflow's folder/);
  refused(root, 'lib/**', /is a link to a folder/);
  refused('/etc', 'lib/link/passwd', /is a link to a folder/);
  refused('nowhere', 'lib/link', /is a link that leads nowhere/);
  refused('/dev/zero', 'lib/link', /leads out/);
  symlinkSync('a.py', join(folder, 'lib', 'link'));
  assert.equal(filesMatching(folder, 'lib/link'), ['lib/link']);
});

function rmLink(folder: string): void {
  renameSync(join(folder, 'lib', 'link'), join(folder, '..', `gone-${Math.random()}`));
}

test('arguments that name files of the folder are files of the command', async ({ lab }) => {
  const [program] = resolvePrograms(
    await workflow(lab, "{ run: [python3, score.py, lib/b.txt, --x=lib/a.py, '5', ''] }"),
  );
  assert.equal(
    program!.files.map(({ name }) => name),
    ['lib/b.txt', 'score.py'],
  );
  const own = resolvePrograms(await workflow(lab, '{ run: [./score.py] }'));
  assert.equal(
    own[0]!.files.map(({ name }) => name),
    ['score.py'],
  );
});

test('a file that is named in a way by which other bytes would run is refused with its place', async ({ lab }) => {
  const refused = async (text: string, message: RegExp) => {
    const resolving = workflow(lab, text).then((one) => resolvePrograms(one));
    const error = await resolving.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.instance(error, InvalidWorkflowError, text);
    assert.match(renderDiagnostics((error as InvalidWorkflowError).diagnostics), message);
  };
  await refused(
    `{ run: [python3, ${lab.folder}/score.py] }`,
    /main\.yaml:4.*is a file of the workflow's folder[\s\S]*Write it as score\.py/,
  );
  await refused(`{ run: [python3, --file=${lab.folder}/score.py] }`, /is a file of the workflow's folder/);
  await refused(`{ run: [python3, ${lab.folder}/lib] }`, /is in the workflow's folder[\s\S]*Write it as lib, and name/);
  await refused(`{ run: [python3, --from=${lab.folder}] }`, /is in the workflow's folder/);
  await refused('{ run: [./none.sh] }', /there is no program \.\/none\.sh/);
  await refused(
    '{ run: [python3, -u, lib/none.py] }',
    /main\.yaml:4.*there is no script lib\/none\.py in the workflow's/,
  );
  await refused('{ run: [node, ./none.mjs, score.py] }', /there is no script \.\/none\.mjs/);
  await refused('{ run: [python3, score.py], version: [bash, none.sh] }', /there is no script none\.sh/);
  await refused('{ run: [x], files: [none.py] }', /none\.py matches no file/);
  symlinkSync(lab.folder, join(lab.root, 'alias'));
  await refused(`{ run: [python3, ${lab.root}/alias/score.py] }`, /is a file of the workflow's folder/);
});

test('patterns do not reach the folders in which a program finds what it is given', async ({ lab }) => {
  for (const folder of ['inputs', 'Outputs']) {
    mkdirSync(join(lab.folder, folder));
    writeFileSync(join(lab.folder, folder, 'x.py'), '');
    for (const pattern of ['**', '**/*.py', `${folder.slice(0, 2)}*/*`]) {
      const one = await workflow(lab, `{ run: [x], files: ["${pattern}"] }`);
      assert.throws(() => resolvePrograms(one), new RegExp(`lies in ${folder}/, where a command finds`), pattern);
    }
    await rm(join(lab.folder, folder), { recursive: true });
  }
  assert.ok(resolvePrograms(await workflow(lab, '{ run: [x], files: ["**"] }'))[0]!.files.length > 3);
});

test('an argument that cannot be the name of a file is none, such as long code', async ({ lab }) => {
  for (const text of ['x'.repeat(300), `${'y'.repeat(900)}`, `${'z/'.repeat(3000)}z`, 'score.py/x']) {
    const [program] = resolvePrograms(await workflow(lab, `{ run: [python3, -c, ${JSON.stringify(text)}] }`));
    assert.equal(program!.files, []);
  }
});

test('what is allowed is a digest of the folder, the commands, the variables and the bytes of the files', async ({
  lab,
}) => {
  const first = await digestOf(lab);
  assert.is(await digestOf(lab), first);
  const others = [
    await digestOf(lab, command.replace('score.py', 'score.py, -v')),
    await digestOf(lab, command.replace('--version', '-V')),
    await digestOf(lab, command.replace('TONE_KEY', 'HF_TOKEN')),
    await digestOf(lab, command, ['metrics.m.command.files=[lib/a.py]']),
  ];
  assert.is(await digestOf(lab, command.replace(' }', ', timeout: 5 }')), first, 'a timeout lets nothing else run');
  writeFileSync(join(lab.folder, 'lib', 'deep', 'c.py'), 'other');
  others.push(await digestOf(lab));
  writeFileSync(join(lab.folder, 'lib', 'new.py'), '');
  others.push(await digestOf(lab));
  const elsewhere = join(lab.root, 'elsewhere');
  renameSync(lab.folder, elsewhere);
  others.push(await digestOf({ folder: elsewhere }));
  assert.is(new Set([first, ...others]).size, others.length + 1);
});

test('nobody to ask: what is not allowed is refused, and allowed for once it is not kept', async ({ lab }) => {
  const { environment } = lab;
  const one = await workflow(lab, command);
  const refused = await allowPrograms([one], { environment }).catch((error: unknown) => error);
  assert.instance(refused, UsageError);
  assert.is((refused as UsageError).exitCode, 2);
  assert.match((refused as UsageError).message, /runs programs that you have not allowed: metrics\.m, metrics\.other/);
  assert.match((refused as UsageError).hint!, /--allow-commands/);
  assert.is((await allowPrograms([one], { all: true, environment })).size, 2);
  assert.is(knownPrograms([one], false, environment).size, 0);
});

test('who is asked once is not asked again, until a program changes; then only about that one', async ({ lab }) => {
  const { environment } = lab;
  const asked: string[][] = [];
  const allowing = (answer: boolean) => ({
    environment,
    ask: async (programs: readonly { readonly of: string }[]) => {
      asked.push(programs.map(({ of }) => of));
      return answer;
    },
  });
  const one = await workflow(lab, command);
  assert.instance(await allowPrograms([one], allowing(false)).catch((error: unknown) => error), UsageError);
  assert.is((await allowPrograms([one], allowing(true))).size, 2);
  assert.is((await allowPrograms([one], allowing(true))).size, 2);
  assert.equal(asked, [
    ['metrics.m', 'metrics.other'],
    ['metrics.m', 'metrics.other'],
  ]);
  writeFileSync(join(lab.folder, 'score.py'), 'changed');
  await allowPrograms([one], allowing(true));
  assert.equal(asked.at(-1), ['metrics.m']);
  // Two cells of a study: one question for what is new in any of them.
  const cell = await workflow(lab, command, ['metrics.other.command.run=[cat]']);
  await allowPrograms([one, cell], allowing(true));
  assert.equal(asked.slice(3), [['metrics.other']]);
});

test('a record that another user may have written allows nothing', async ({ lab }) => {
  const { environment } = lab;
  const one = await workflow(lab, command);
  await allowPrograms([one], { environment, ask: async () => true });
  const folder = join(lab.root, 'config', 'runflow', 'allowed-commands');
  assert.is(statSync(folder).mode & 0o777, 0o700);
  assert.is(knownPrograms([one], false, environment).size, 2);
  chmodSync(folder, 0o777);
  assert.is(knownPrograms([one], false, environment).size, 0);
  chmodSync(folder, 0o700);
  const [record] = readdirSync(folder);
  const text = readFileSync(join(folder, record!), 'utf8');
  for (const other of ['', '{}', '{"digest":1}', text.replace(/[0-9a-f]{64}/, '0'.repeat(64))]) {
    writeFileSync(join(folder, record!), other);
    assert.is(knownPrograms([one], false, environment).size, 1, other);
  }
  assert.not.match(text, /secret/);
});

test('a program that is not allowed is never run, and its key is not known', async ({ lab }) => {
  const marker = join(lab.root, 'ran');
  const one = await workflow(
    lab,
    `{ run: [python3, score.py], version: [node, -e, "require('fs').writeFileSync('${marker}', ''); console.log('v1')"] }`,
  );
  const facts = await new StudyPrograms(studyOf(one)).of('').facts(undefined);
  assert.equal(facts.get('metrics.m'), { files: ['score.py'], version: null });
  assert.not.ok(readdirSync(dirname(marker)).includes('ran'));
  assert.throws(() => new StudyPrograms(studyOf(one)).requireAllowed(), /have not allowed/);
  const allowed = new StudyPrograms(studyOf(one), await allowPrograms([one], { all: true }));
  allowed.requireAllowed();
  assert.equal((await allowed.of('').facts(undefined)).get('metrics.m'), { files: ['score.py'], version: 'v1' });
  assert.ok(readdirSync(dirname(marker)).includes('ran'));
});

test('what cells of a study have in common is read once, and its version command runs once', async ({ lab }) => {
  const counted = join(lab.root, 'counted');
  const counting = `require('fs').appendFileSync('${counted}', 'x'); console.log('v1')`;
  const text = `{ run: [python3, score.py], version: [node, -e, "${counting}"] }`;
  const cells = [];
  for (const label of ['a', 'b', 'c', 'd']) {
    const one = await workflow(lab, text, label === 'd' ? ['metrics.m.command.run=[python3,score.py,-v]'] : []);
    cells.push({ label, coordinates: new Map(), values: [], workflow: one });
  }
  const workflows = cells.map((cell) => cell.workflow);
  const programs = new StudyPrograms({ cells }, await allowPrograms(workflows, { all: true }));
  for (const { label } of cells) {
    assert.is((await programs.of(label).facts(undefined)).get('metrics.m')!.version, 'v1');
  }
  assert.is(readFileSync(counted, 'utf8'), 'x', 'all cells have one version command and the same files');
  const [a, b] = ['a', 'b'].map((label) => programs.of(label).all[0]!);
  assert.is(a!.files, b!.files);
});

test('a version command may stand beside large files, and may not print without end', async ({ lab }) => {
  writeFileSync(join(lab.folder, 'lib', 'large'), Buffer.alloc(17 << 20));
  const versionOf = async (code: string) => {
    const one = await workflow(lab, `{ run: [x], files: ["lib/**"], version: [node, -e, ${JSON.stringify(code)}] }`);
    return new StudyPrograms(studyOf(one), await allowPrograms([one], { all: true })).of('').facts(undefined);
  };
  assert.is((await versionOf("console.log('v1')")).get('metrics.m')!.version, 'v1');
  const begun = performance.now();
  const error = await versionOf("setInterval(() => console.log('x'.repeat(9999)), 1)").catch((thrown: Error) => thrown);
  assert.match((error as Error).message, /version command of metrics\.m: .* printed more than 65536 characters/);
  assert.ok(performance.now() - begun < 30_000);
});

test('a file that is changed between the question and the run is not run', async ({ lab }) => {
  const one = await workflow(lab, command);
  const allowed = await allowPrograms([one], { all: true });
  writeFileSync(join(lab.folder, 'score.py'), 'changed');
  assert.throws(() => new StudyPrograms(studyOf(one), allowed).requireAllowed(), /have not allowed: metrics\.m$/);
});

test.run();
