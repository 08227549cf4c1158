import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
  writeFileSync(file('.gitattributes'), '*.txt filter=trap\n');
  commitAll();
  const trap = `touch ${file('ran')}; cat`;
  for (const name of ['clean', 'smudge', 'process']) git('config', `filter.trap.${name}`, trap);
  git('config', 'filter.trap.required', 'true');
  git('config', 'core.fsmonitor', file('monitor'));
  writeFileSync(file('monitor'), `#!/bin/sh\ntouch ${file('ran')}\n`, { mode: 0o755 });
  writeFileSync(file('.git', 'hooks', 'post-index-change'), `#!/bin/sh\ntouch ${file('ran')}\n`, { mode: 0o755 });
  writeFileSync(file('data.txt'), 'z\n');
  assert.is((await look())!.state, 'changed');
  assert.not.ok(existsSync(file('ran')));
  assert.throws(() => git('status'));
  assert.ok(existsSync(file('ran')), 'git itself does run them');
});

test.run();
