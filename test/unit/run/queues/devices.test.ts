import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EnvironmentError } from '../../../../src/diagnostics/errors.js';
import { DeviceQueue } from '../../../../src/run/queues/devices.js';

const test = suite<{ folder: string }>('runners on the devices of one machine');
test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'runflow-device-queue-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

/** A runner that says what it was given, and waits until a file is there. */
const runner = `
  const { existsSync, renameSync, writeFileSync } = require('node:fs');
  const [folder, , index] = process.argv.slice(2);
  const told = { adapter: process.env.RUNFLOW_ADAPTER, key: process.env.SOME_KEY, argv: process.argv.slice(3) };
  writeFileSync(folder + '/part-' + process.pid, JSON.stringify(told));
  renameSync(folder + '/part-' + process.pid, folder + '/told-' + process.env.RUNFLOW_ADAPTER);
  setInterval(() => existsSync(folder + '/end-' + index) && process.exit(0), 10);
`;

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await setTimeout(5);
}

const told = (folder: string, adapter: string) => JSON.parse(readFileSync(join(folder, `told-${adapter}`), 'utf8'));

test('each runner gets a device of its own, and a freed one serves the next', async ({ folder }) => {
  writeFileSync(join(folder, 'runner.cjs'), runner);
  const devices = [
    { selector: 'card a', slot: '0000:01:00.0' },
    { selector: 'card b', slot: undefined },
  ];
  const queue = new DeviceQueue(devices, { PATH: process.env.PATH, SOME_KEY: 'kept' });
  const wanted = {
    argv: [process.execPath, join(folder, 'runner.cjs'), folder],
    variables: [],
    resources: {},
    folder,
    leadSeconds: 1,
  };
  const states = async (name: string) => [...(await queue.poll([name])).get(name)!];
  try {
    assert.match(await queue.submit({ ...wanted, jobName: 'job-1', count: 2 }), /^processes \d+ \d+$/);
    assert.equal(await states('job-1'), [
      [0, 'running'],
      [1, 'running'],
    ]);
    await until(() => existsSync(join(folder, 'told-card a')) && existsSync(join(folder, 'told-card b')));
    assert.equal(told(folder, 'card a'), {
      adapter: 'card a',
      key: 'kept',
      argv: ['--index', '0', '--slot', '0000:01:00.0'],
    });
    assert.equal(told(folder, 'card b').argv, ['--index', '1']);
    const full = await queue.submit({ ...wanted, jobName: 'job-2', count: 1 }).catch((error: unknown) => error);
    assert.instance(full, EnvironmentError);
    assert.is((full as Error).message, '1 runners are wanted, and 0 of 2 devices are free');
    writeFileSync(join(folder, 'end-1'), '');
    await until(async () => (await states('job-1')).length === 1);
    rmSync(join(folder, 'end-1'));
    rmSync(join(folder, 'told-card b'));
    await queue.submit({ ...wanted, jobName: 'job-3', count: 1 });
    await until(() => existsSync(join(folder, 'told-card b')));
    assert.equal(told(folder, 'card b').argv, ['--index', '0']);
  } finally {
    await queue.cancel(['job-1', 'job-2', 'job-3', 'never submitted']);
    await until(async () => (await states('job-1')).length + (await states('job-3')).length === 0);
  }
  assert.equal(
    readdirSync(folder).filter((name) => name.startsWith('part-')),
    [],
  );
});

test.run();
