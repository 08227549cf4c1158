// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in workflows look like that
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
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

test('init copies a template, says what it needs and what is wrong with the request', ({ folder }) => {
  const copied = runflow(folder, 'init', '--template', 'own-checkpoints', 'own');
  assert.is(copied.status, 0, copied.stderr);
  assert.match(
    copied.stdout,
    /^wrote own\/own-checkpoints\.yaml, own\/workflow\.schema\.json\nnot there yet: models\.base, /,
  );
  assert.is(runflow(folder, 'validate', 'own/own-checkpoints.yaml').status, 0);
  const again = runflow(folder, 'init', '--template', 'own-checkpoints', 'own');
  assert.equal([again.status, again.stdout], [2, '']);
  assert.match(again.stderr, /own-checkpoints\.yaml exists already/);
  for (const [argv, message] of [
    [['--template', 'exp11'], /no template exp11\n {2}Did you mean exp1\?/],
    [['--list', 'x'], /--list takes neither/],
    [['--template'], /needs a value/],
  ] as const) {
    const { status, stderr } = runflow(folder, 'init', ...argv);
    assert.is(status, 2);
    assert.match(stderr, message);
  }
});

test('validate shows what is wrong on stderr and exits with 2', ({ folder }) => {
  writeFileSync(join(folder, 'a.yaml'), 'runflow: 1\nmodels:\n  a: { pth: x }\n');
  writeFileSync(join(folder, 'b.yaml'), 'runflow: 1\n');
  const { status, stdout, stderr } = runflow(folder, 'validate', 'a.yaml', 'b.yaml');
  assert.is(status, 2);
  assert.is(stdout, 'b.yaml: valid, but measures nothing: there is nothing to run\n');
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
  assert.equal(
    [valid.status, valid.stdout],
    [0, 'a.yaml: valid with profile p (1 model), but measures nothing: there is nothing to run\n'],
  );
  assert.is(runflow(folder, 'validate', 'a.yaml', '--set', 'models.m.path=n').status, 2);
  const semantics = runflow(folder, 'validate', 'a.yaml', '--semantics', 'papr');
  assert.is(semantics.status, 2);
  assert.match(semantics.stderr, /Did you mean paper\?/);
});

test('validate tells programs everything in one object, problems of all files and warnings too', ({ folder }) => {
  writeFileSync(join(folder, 'a.yaml'), 'runflow: 1\nmodels:\n  a: { pth: x }\n');
  writeFileSync(join(folder, 'b.yaml'), 'runflow: 1\ndatasets: { d: { path: d.csv } }\nmodels: { m: { path: m } }\n');
  const { status, stdout, stderr } = runflow(folder, 'validate', 'a.yaml', 'b.yaml', 'gone.yaml', '--json');
  assert.equal([status, stderr], [2, '']);
  const { valid, workflows } = JSON.parse(stdout);
  assert.is(valid, false);
  assert.equal(workflows[0], {
    file: 'a.yaml',
    valid: false,
    diagnostics: [
      {
        file: 'a.yaml',
        line: 3,
        column: 3,
        endLine: 3,
        endColumn: 4,
        severity: 'error',
        code: 'missing-key',
        message: 'models.a does not say how the model is made',
        hint: 'Did you mean "path" by "pth"?',
      },
    ],
  });
  const [{ file, line, severity, message }] = workflows[1].diagnostics;
  assert.equal([workflows[1].valid, file, line, severity], [true, 'b.yaml', 2, 'warning']);
  assert.is(message, 'datasets.d is used by nothing');
  assert.match(workflows[2].diagnostics[0].message, /cannot read gone\.yaml/);
  const alone = runflow(folder, 'validate', 'b.yaml', '--json');
  assert.equal([alone.status, JSON.parse(alone.stdout).valid], [0, true]);
});

test('profiles lists those of the files and of the folder, with their models and places', ({ folder }) => {
  mkdirSync(join(folder, 'profiles'));
  const text = [
    'runflow: 1',
    'include: [shared.yaml]',
    'profile: small',
    'models: { z: { path: z } }',
    'profiles:',
    '  small: { models: { a: { path: "${params.x}/a" }, b: { perturb: a } }, params: { x: y } }',
    '  both: { params: { x: 1 } }\n',
  ].join('\n');
  writeFileSync(join(folder, 'w.yaml'), text);
  writeFileSync(join(folder, 'shared.yaml'), 'runflow: 1\nprofiles:\n  both: { models: { c: { hub: o/c } } }\n');
  writeFileSync(join(folder, 'profiles/both.yaml'), 'runflow: 1\nmodels: { c: { hub: o/old }, d: { init: {} } }\n');
  writeFileSync(join(folder, 'profiles/notes.txt'), '');
  const listed = runflow(folder, 'profiles', 'w.yaml');
  assert.equal(listed, {
    status: 0,
    stdout: [
      '   PROFILE  MODELS                               DEFINED IN',
      '   both     c: hub o/c, d: init                  profiles/both.yaml, shared.yaml:3:3, w.yaml:7:3',
      '*  small    a: path ${params.x}/a, b: perturb a  w.yaml:6:3\n',
    ].join('\n'),
    stderr: '',
  });
  const { profiles } = JSON.parse(runflow(folder, 'profiles', 'w.yaml', '--json').stdout);
  assert.equal(profiles[1], {
    name: 'small',
    own: true,
    models: { a: { path: '${params.x}/a' }, b: { perturb: 'a' } },
    defined: [{ file: 'w.yaml', line: 6, column: 3 }],
  });
  writeFileSync(join(folder, 'none.yaml'), 'runflow: 1\n');
  rmSync(join(folder, 'profiles'), { recursive: true });
  assert.is(runflow(folder, 'profiles', 'none.yaml').stdout, 'none.yaml has no profiles\n');
  writeFileSync(join(folder, 'none.yaml'), 'runflow: 1\nprofiles: [a]\n');
  const wrong = runflow(folder, 'profiles', 'none.yaml');
  assert.is(wrong.status, 2);
  assert.match(wrong.stderr, /none\.yaml:2:11: error: profiles must be a mapping/);
});

test('schema prints the schemas as they are shipped', ({ folder }) => {
  for (const [argv, file] of [
    [[], 'workflow.schema.json'],
    [['--executors'], 'executors.schema.json'],
  ] as const) {
    const { status, stdout } = runflow(folder, 'schema', ...argv);
    assert.is(status, 0);
    assert.is(stdout, readFileSync(join(root, 'schema', file), 'utf8'));
  }
});

test('a path of --set leads from the current folder, one of the file from its own', ({ folder }) => {
  mkdirSync(join(folder, 'project'));
  mkdirSync(join(folder, 'current'));
  const text = [
    'runflow: 1',
    'params: { root: models }',
    'models: { a: { path: "${params.root}" }, b: { path: "${params.root}/base" } }',
    'updates: { u: { from: a, to: b } }',
    'metrics: { o: { kind: mso, pairs: [[u, u]], energies: [0.5] } }\n',
  ].join('\n');
  writeFileSync(join(folder, 'project/p.yaml'), text);
  const missing = (...more: string[]) => {
    const { status, stderr } = runflow(
      join(folder, 'current'),
      'run',
      '../project/p.yaml',
      '--store',
      '../store',
      ...more,
    );
    assert.is(status, 2);
    return stderr.match(/there is no folder (.*)/)?.[1];
  };
  assert.is(missing(), join(realpathSync(folder), 'project/models'));
  assert.is(missing('--set', 'params.root=models'), join(realpathSync(folder), 'current/models'));
  assert.is(missing('--set', 'params.root=~/no such folder'), join(homedir(), 'no such folder'));
});

test('no name of a folder, a command, a target or a model reaches the terminal as an escape sequence', ({ folder }) => {
  const hostile = 'x\u001b[31m\u009b31m\u202ey';
  mkdirSync(join(folder, hostile));
  const made = '{ init: { family: llama, hidden: 4, layers: 1, heads: 2, mlp: 4, vocabulary: 8 } }';
  const model = `{ path: "x\\e[31m\\x9b31m\\u202ey" }`;
  writeFileSync(
    join(folder, hostile, 'w.yaml'),
    `runflow: 1\nname: w\nmodels: { a: ${made}, b: ${model} }\nupdates: { u: { from: a, to: b } }\n`,
  );
  const file = join(hostile, 'w.yaml');
  for (const argv of [
    ...[[hostile], [`--${hostile}`], ['help', hostile], ['plan', hostile], ['plan', file, hostile], ['validate', file]],
    ...[
      ['plan', file, `--force=${hostile}`],
      ['plan', file, '--profile', hostile],
      ['plan', file, '--set', hostile],
    ],
    ...[
      ['plan', file, `--${hostile}`],
      ['run', file, '--out', join(file, hostile)],
      ['init', hostile],
      ['init', file],
    ],
    ...[
      ['export', file, hostile, '--to', 'out'],
      ['profiles', file],
      ['validate', file, '--json'],
      ['cache', hostile],
      ['cache', 'ls', '--store', hostile],
    ],
    ...[
      ['cache', 'pin', hostile],
      ['graph', file, '--format', hostile],
      ['plan', file, '--semantics', hostile],
    ],
    ...[
      ['run', file, '--retries', hostile],
      ['run', file, '--executor', hostile],
      ['explain', file, hostile],
    ],
  ]) {
    const { status, stdout, stderr } = runflow(folder, ...argv);
    assert.ok(status !== null, argv.join(' '));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may reach a terminal
    assert.not.match(`${stdout}${stderr}`, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/, JSON.stringify(argv));
    assert.not.match(stderr, /bug of runflow/, JSON.stringify(argv));
  }
});

test('a workflow whose file names no folder, and results where a file is, are refused before anything is made', ({
  folder,
}) => {
  const text =
    'runflow: 1\nmodels: { a: { init: { family: llama, hidden: 4, layers: 1, heads: 2, mlp: 4, vocabulary: 8 } } }\n';
  writeFileSync(join(folder, '...yaml'), text);
  writeFileSync(join(folder, 'a.yaml'), text);
  for (const argv of [
    ['...yaml'],
    ['a.yaml', '--out='],
    ['a.yaml', '--out', ''],
    ['a.yaml', '--out', 'a.yaml'],
    ['a.yaml', ''],
  ]) {
    const { status, stdout, stderr } = runflow(folder, 'run', ...argv);
    assert.is(status, 2, argv.join(' '));
    assert.is(stdout, '');
    assert.match(stderr, /name|empty|is a file/);
  }
  assert.equal(readdirSync(folder).sort(), ['...yaml', 'a.yaml']);
});

test('an argument too many is refused wherever it stands', ({ folder }) => {
  for (const argv of [
    ['--version', 'x'],
    ['--help', 'x'],
    ['help', 'plan', 'x'],
    ['schema', 'x'],
    ['init', 'a', 'b'],
  ]) {
    const { status, stdout, stderr } = runflow(folder, ...argv);
    assert.is(status, 2, argv.join(' '));
    assert.is(stdout, '');
    assert.match(stderr, /one argument too many/);
  }
  assert.is(runflow(folder, 'help', 'plan').status, 0);
  assert.is(runflow(folder, 'help').status, 0);
});

test('a current folder that was removed is no bug of runflow', ({ folder }) => {
  mkdirSync(join(folder, 'gone'));
  const script = `cd gone && rmdir ../gone && exec "$0" "$1" plan w.yaml --store x`;
  const { status, stderr } = spawnSync('sh', ['-c', script, process.execPath, join(root, 'bin/runflow.js')], {
    cwd: folder,
    encoding: 'utf8',
  });
  assert.match(stderr, /no longer there/);
  assert.is(status, 3);
});

test.run();
