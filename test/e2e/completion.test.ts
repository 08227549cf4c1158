import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const binary = fileURLToPath(new URL('../../../bin/runflow.js', import.meta.url));
/** A name that a shell would obey if it ever evaluated it. */
const hostile = `p$(touch pwned)'"\`touch pwned\`; *`;

interface Context {
  folder: string;
  shell: (name: string, script: string) => string;
}

const test = suite<Context>('completion in shells');
test.before.each((context) => {
  const folder = mkdtempSync(join(tmpdir(), 'runflow-shells-'));
  mkdirSync(join(folder, 'bin'));
  symlinkSync(binary, join(folder, 'bin/runflow'));
  mkdirSync(join(folder, 'work/profiles'), { recursive: true });
  writeFileSync(join(folder, 'work/w.yaml'), 'runflow: 1\nparams: { lr: 1 }\n');
  writeFileSync(join(folder, `work/${hostile}.yaml`), 'runflow: 1\n');
  writeFileSync(join(folder, `work/profiles/${hostile}.yaml`), 'runflow: 1\n');
  context.folder = folder;
  context.shell = (name, script) => {
    const { status, stdout, stderr } = spawnSync(name, ['-c', script], {
      cwd: join(folder, 'work'),
      encoding: 'utf8',
      env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}`, HOME: folder },
    });
    assert.is(status, 0, stderr);
    assert.not.ok(existsSync(join(folder, 'work/pwned')));
    return stdout;
  };
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

function has(shell: string): boolean {
  if (spawnSync(shell, ['--version']).status === 0) return true;
  console.log(`skipped: there is no ${shell} on this machine`);
  return false;
}

test('bash completes, and quotes what it would obey', ({ shell }) => {
  if (!has('bash')) return;
  const complete = (...words: string[]) =>
    shell(
      'bash',
      `eval "$(runflow completion bash)"
      COMP_WORDS=(runflow ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}
      _runflow; for word in "\${COMPREPLY[@]}"; do eval "printf '<%s>' $word"; done`,
    );
  assert.is(complete('pl'), '<plan>');
  assert.is(complete('plan', 'w.yaml', '--set', 'params.'), '<params.lr=>');
  assert.is(complete('plan', 'w.yaml', '--profile', ''), `<${hostile}>`);
  assert.is(complete('plan', 'w.yaml', '--profile', '=', 'p'), `<${hostile}>`);
  assert.is(complete('plan', 'w.yaml', '--profile', '"p'), '');
  // Of paths readline itself takes care, which is why they come as they are.
  const paths = `eval "$(runflow completion bash)"; COMP_WORDS=(runflow plan p); COMP_CWORD=2
    compopt() { echo "compopt $*"; }; _runflow; printf '<%s>' "\${COMPREPLY[@]}"`;
  assert.is(shell('bash', paths), `compopt -o filenames\n<${hostile}.yaml><profiles>`);
});

test('zsh completes', ({ shell }) => {
  if (!has('zsh')) return;
  const complete = (...words: string[]) =>
    shell(
      'zsh',
      `compdef() { :; }; eval "$(runflow completion zsh)"
      compadd() { printf '<%s>' "\${whole[@]}" "\${open[@]}"; whole=(); open=() }
      words=(runflow ${words.map((word) => `'${word}'`).join(' ')}); CURRENT=$#words; _runflow`,
    );
  assert.is(complete('pl'), '<plan>');
  assert.is(complete('plan', 'w.yaml', '--profile', ''), `<${hostile}>`);
  assert.is(complete('plan', 'w.yaml', '--set', 'params.'), '<params.lr=>');
});

test('fish completes', ({ shell }) => {
  if (!has('fish')) return;
  const complete = (line: string) => shell('fish', `runflow completion fish | source; complete -C '${line}'`);
  assert.match(complete('runflow pl'), /^plan\t/);
  assert.ok(complete('runflow plan w.yaml --profile ').startsWith(hostile));
  assert.match(complete('runflow plan w.yaml --set params.'), /^params\.lr=\t/);
});

test('an unknown shell and words of another form are refused', ({ folder }) => {
  const runflow = (...argv: string[]) =>
    spawnSync(process.execPath, [binary, ...argv], { cwd: folder, encoding: 'utf8' });
  for (const [argv, message] of [
    [['completion', 'bsh'], /no completion for bsh\n {2}Did you mean bash\?/],
    [['completion', 'bash', '--', 'run'], /stand behind =/],
    [['completion'], /an argument is missing/],
  ] as const) {
    const { status, stderr } = runflow(...argv);
    assert.is(status, 2);
    assert.match(stderr, message);
  }
  // The shell is no place to say what is wrong with a workflow.
  const { status, stdout, stderr } = runflow('completion', 'fish', '--', '=plan', '=gone.yaml', '=');
  assert.equal([status, stdout, stderr], [0, '', '']);
});

test.run();
