import { readdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertOneScreen, Sandbox } from '../sandbox.js';

const test = suite('runflow doctor');
const sandbox = await Sandbox.make();
/** It forgets what was found before: not what the tests beside it rely on. */
const cache = { XDG_CACHE_HOME: sandbox.path('cache') };

test('the report names the adapters, the limits, what was tried out, and the speed', async () => {
  const ended = await sandbox.runflow(['doctor'], cache);
  assert.is(ended.status, 0, ended.stdout + ended.stderr);
  for (const selector of ['hardware', 'lavapipe', 'swiftshader'])
    assert.match(ended.stdout, new RegExp(`^  ${selector} `, 'm'));
  assert.match(ended.stdout, /^Devices \(--devices\):\n {2}0 {2}\S/m);
  assert.match(ended.stdout, /^ {2}largest binding +\d+ [MG]iB$/m);
  for (const check of ['matrix products', 'NaN detection', 'compensated sum']) {
    assert.match(ended.stdout, new RegExp(`^  ${check} +ok: `, 'm'));
  }
  assert.match(ended.stdout, /^ {2}matrix product +\d+\.\d GFLOP\/s/m);
  assert.match(ended.stdout, /^ {2}memory +\d+\.\d GB\/s/m);
  assert.is(ended.stderr, '');
});

test('--json is one object with the same facts', async () => {
  const ended = await sandbox.runflow(['doctor', '--json'], cache);
  const report = JSON.parse(ended.stdout);
  assert.ok(report.device.limits.maxStorageBufferBindingSize >= 2 ** 27);
  assert.ok(report.device.speed.gigaflops > 0);
  assert.ok(report.devices.some(({ selector }: { selector: string }) => selector === report.selected));
  assert.ok(report.device.checks.every(({ passed }: { passed: boolean }) => passed));
  const { deviceClass } = report.adapters.find(({ selector }: { selector: string }) => selector === report.selected);
  assert.is(report.device.adapter.deviceClass, deviceClass);
});

test('no adapter is exit code 3, with what to do; --json says it too', async () => {
  const none = { ...cache, RUNFLOW_ADAPTER: 'no such adapter' };
  const ended = await sandbox.runflow(['doctor'], none);
  assertOneScreen(ended, 3);
  assert.match(ended.stdout, /no such adapter/);
  const json = await sandbox.runflow(['doctor', '--json'], none);
  assert.is(json.status, 3);
  assert.match(JSON.parse(json.stdout).error, /no such adapter/);
});

test('of a queue whose commands fail it says which, beside what the host answers', async () => {
  const submit = `[bash, -c, 'bash "$0" 0 >"$1"/out 2>&1 &', "{script}", "{folder}", "{name}", "{index}"]`;
  for (const [status, cancel] of [
    ['false', 'true'],
    ['true', 'false'],
  ]) {
    const text = `command:\n  submit: ${submit}\n  status: ["${status}", "{names}"]\n  cancel: ["${cancel}", "{names}"]\n`;
    await sandbox.write('executors.yaml', text);
    const asked = ['doctor', '--executor', 'command', '--executors', 'executors.yaml', '--json'];
    const ended = await sandbox.runflow(asked, cache);
    assert.is(ended.status, 3, ended.stdout + ended.stderr);
    const { findings, hosts } = JSON.parse(ended.stdout);
    const failed = findings.filter(({ ok }: { ok: boolean }) => !ok).map(({ what }: { what: string }) => what);
    assert.equal(failed, [status === 'false' ? 'status' : 'cancel'], ended.stdout);
    assert.is(hosts.length, 1, ended.stdout);
  }
  assert.equal(readdirSync(sandbox.path('store', 'tmp')), []);
});

test.after(() => sandbox.remove());
test.run();
