import { spawnSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunnerSettings } from '../../../../src/run/queues/executors-file.js';
import { runnerScript } from '../../../../src/run/queues/runner-script.js';

/** What a machine runs before a runner, and the runner. */

const words = ['printf', '%s|', "it's", '$HOME `id` $(id)', '-n', '', 'ä*?', 'a\nb'];

function run(settings: RunnerSettings, env: Record<string, string> = {}) {
  const { status, stdout } = spawnSync('bash', ['-s', '--', '3'], {
    input: runnerScript(settings, words, '$1'),
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', ...env },
  });
  return { status, stdout };
}

const told = `${words.slice(2).join('|')}|--index|3|`;

test('every word reaches the runner as it is, and the index after them', () => {
  assert.equal(run({}), { status: 0, stdout: told });
});

test('modules are loaded, then the setup is read, then the runner starts', () => {
  const defined = { 'BASH_FUNC_module%%': '() { echo "$1 $2"; }' };
  const { stdout } = run({ modules: ['nodejs/22', 'c++'], setup: 'A=1\necho set up $A\n# a remark' }, defined);
  assert.is(stdout, `load nodejs/22\nload c++\nset up 1\n${told}`);
});

test('without its modules or its setup no runner starts', () => {
  const failing = { 'BASH_FUNC_module%%': '() { return 1; }' };
  assert.equal(run({ modules: ['nodejs'] }, failing), { status: 1, stdout: '' });
  assert.equal(run({ setup: 'false\n' }), { status: 1, stdout: '' });
});

test.run();
