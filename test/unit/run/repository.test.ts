import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { repositoryOf } from '../../../src/run/repository.js';

const test = suite('the repository of a workflow');
const hasGit = (() => {
  try {
    execFileSync('git', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.log('skipped: there is no git on the PATH');
    return false;
  }
})();
let folder: string;
const environment = () => ({ ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', HOME: folder });
const git = (...argv: string[]) => {
  const settings = ['-c', 'user.name=a', '-c', 'user.email=a@b.example', '-c', 'init.defaultBranch=main'];
  const options = { cwd: folder, env: environment(), encoding: 'utf8' } as const;
  return execFileSync('git', [...settings, ...argv], options).trim();
};
const file = (...names: string[]) => join(folder, ...names);
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'runflow-repository-'));
  mkdirSync(file('flows'));
  writeFileSync(file('flows', 'a.yaml'), 'runflow: 1\n');
  writeFileSync(file('data.txt'), 'x\n');
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));
const look = (environmentOfRun: NodeJS.ProcessEnv = environment()) =>
  repositoryOf(file('flows', 'a.yaml'), environmentOfRun);
const commitAll = () => {
  git('init', '-q');
  git('add', '-A');
  git('commit', '-qm', 'first');
  return git('rev-parse', 'HEAD');
};
const gitTest = hasGit ? test : test.skip;

gitTest('its commit is told, and whether tracked files are those of the commit', async () => {
  const commit = commitAll();
  assert.equal(await look(), { commit, state: 'clean', file: 'flows/a.yaml' });
  mkdirSync(file('results'));
  writeFileSync(file('results', 'energy.csv'), 'x');
  assert.is((await look())!.state, 'clean', 'results beside it change nothing');
  writeFileSync(file('data.txt'), 'y\n');
  assert.is((await look())!.state, 'changed');
  git('add', '-A');
  assert.is((await look())!.state, 'changed', 'what is staged is not committed');
});

gitTest('a workflow that is not under version control is told', async () => {
  commitAll();
  git('rm', '-q', '--cached', 'flows/a.yaml');
  git('commit', '-qm', 'second');
  assert.is((await look())!.state, 'untracked');
});

gitTest('where there is no repository, no commit or no git, there is nothing to tell', async () => {
  const outside = { ...environment(), GIT_CEILING_DIRECTORIES: folder };
  assert.is(await look(outside), undefined);
  git('init', '-q');
  assert.is(await look(), undefined);
  assert.is(await look({ ...environment(), PATH: '/nonexistent' }), undefined);
});

gitTest('programs that the repository names are not run', async () => {
  // A name of a filter may hold any character, also the one that ends a name on a command line.
  const filters = ['trap', 'a=b', 'a.b=c d', 'trap.clean', 'é"\\'];
  for (const index of filters.keys()) writeFileSync(file(`data${index}.txt`), 'x\n');
  commitAll();
  const trap = (name: string) => `touch '${file(`ran-${name}`)}'; cat`;
  for (const [index, name] of filters.entries()) {
    for (const setting of ['clean', 'smudge', 'process'])
      git('config', `filter.${name}.${setting}`, trap(`filter${index}`));
    git('config', `filter.${name}.required`, 'true');
  }
  const attribute = (name: string) => (/^[\w.=-]+$/.test(name) ? `filter=${name}` : 'filter=trap');
  const lines = filters.map((name, index) => `data${index}.txt ${attribute(name)} diff=trap\n`);
  writeFileSync(file('.git', 'info', 'attributes'), lines.join(''));
  for (const name of ['textconv', 'command']) git('config', `diff.trap.${name}`, trap('diff'));
  git('config', 'diff.external', trap('diff'));
  for (const name of [
    'core.fsmonitor',
    'core.sshCommand',
    'core.pager',
    'core.askPass',
    'core.editor',
    'core.alternateRefsCommand',
  ]) {
    git('config', name, file('monitor'));
  }
  git('config', 'core.hooksPath', file('hooks'));
  mkdirSync(file('hooks'));
  for (const program of ['monitor', 'hooks/post-index-change', 'hooks/reference-transaction']) {
    writeFileSync(file(program), `#!/bin/sh\ntouch '${file('ran-program')}'\n`, { mode: 0o755 });
  }
  for (const index of filters.keys()) writeFileSync(file(`data${index}.txt`), 'z\n');
  assert.is((await look())!.state, 'changed');
  const ran = () =>
    readdirSync(folder)
      .filter((name) => name.startsWith('ran-'))
      .sort();
  assert.equal(ran(), []);
  for (const [index, name] of filters.entries()) {
    if (!/^[\w.=-]+$/.test(name)) continue;
    assert.throws(() => git('-c', 'core.fsmonitor=false', 'add', `data${index}.txt`));
    assert.ok(ran().includes(`ran-filter${index}`), `git itself runs the filter ${name}`);
  }
  git('ls-files');
  assert.throws(() => git('status'));
  assert.ok(ran().includes('ran-program'), 'git itself runs the monitor');
});

gitTest('an object that a repository lacks is not fetched, whatever transport it names', async () => {
  commitAll();
  writeFileSync(file('data.txt'), 'y\n');
  git('add', 'data.txt');
  // The tree of the commit is missing, and promised by a remote that is a program.
  const tree = git('rev-parse', 'HEAD^{tree}');
  rmSync(file('.git', 'objects', tree.slice(0, 2), tree.slice(2)));
  git('config', 'core.repositoryFormatVersion', '1');
  git('config', 'extensions.partialClone', 'origin');
  git('config', 'remote.origin.promisor', 'true');
  git('config', 'remote.origin.url', `ext::touch ${file('ran')}`);
  git('config', 'protocol.ext.allow', 'always');
  assert.is((await look())!.state, 'unknown');
  assert.not.ok(existsSync(file('ran')));
  assert.throws(() => git('status'));
  assert.ok(existsSync(file('ran')), 'git itself fetches');
});

gitTest('a filter whose name is no UTF-8 leaves the state unknown', async () => {
  writeFileSync(file('.gitattributes'), Buffer.from('data.txt filter=\xff\n', 'latin1'));
  commitAll();
  const setting = `[filter "\xff"]\n\tclean = touch '${file('ran')}'; cat\n`;
  appendFileSync(file('.git', 'config'), Buffer.from(setting, 'latin1'));
  writeFileSync(file('data.txt'), 'z\n');
  assert.is((await look())!.state, 'unknown');
  assert.not.ok(existsSync(file('ran')));
  git('add', '-A');
  assert.ok(existsSync(file('ran')), 'git itself runs it');
});

gitTest('filters that cannot be emptied leave the state unknown', async () => {
  commitAll();
  git('config', 'filter.a=b.clean', 'cat');
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  mkdirSync(file('old'));
  // As git before 2.31, which does not know these variables.
  writeFileSync(file('old', 'git'), `#!/bin/sh\nunset GIT_CONFIG_COUNT\nexec '${real}' "$@"\n`, { mode: 0o755 });
  const old = { ...environment(), PATH: `${file('old')}:${process.env.PATH}` };
  assert.is((await look(old))!.state, 'unknown');
  assert.is((await look())!.state, 'clean');
});

test.run();
