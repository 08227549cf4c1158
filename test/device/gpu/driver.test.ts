import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EnvironmentError, InterruptedError } from '../../../src/diagnostics/errors.js';
import { chooseDriver, probeFailure, workerEnvironment } from '../../../src/gpu/driver.js';
import { unpackSwiftShader } from '../../../src/gpu/swiftshader.js';

interface Context {
  folder: string;
  /** Where nothing is installed for Vulkan, with a cache folder of its own. */
  bare: NodeJS.ProcessEnv;
}

/** The process that tries a driver for this one. Waits until there is one. */
async function probeProcess(): Promise<number> {
  for (;;) {
    await new Promise((resume) => setTimeout(resume, 2));
    const probe = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')
      .split(' ')
      .find((pid) => pid !== '' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('driver-probe'));
    if (probe !== undefined) return Number(probe);
  }
}

const test = suite<Context>('Choice of a driver');
const cacheHome = process.env.XDG_CACHE_HOME;

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'runflow-driver-'));
  const empty = join(context.folder, 'empty');
  mkdirSync(empty);
  process.env.XDG_CACHE_HOME = join(context.folder, 'cache');
  const folders = ['XDG_CONFIG_HOME', 'XDG_CONFIG_DIRS', 'XDG_DATA_HOME', 'XDG_DATA_DIRS'];
  context.bare = { ...process.env, ...Object.fromEntries(folders.map((name) => [name, empty])) };
  for (const name of ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'RUNFLOW_ADAPTER']) delete context.bare[name];
});
test.after.each(({ folder }) => {
  if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cacheHome;
  rmSync(folder, { recursive: true, force: true });
});

async function rejection(promise: Promise<unknown>): Promise<EnvironmentError> {
  try {
    await promise;
  } catch (error) {
    assert.instance(error, EnvironmentError);
    return error as EnvironmentError;
  }
  throw new Error('it did not reject');
}

const cacheFile = ({ folder }: Context) => join(folder, 'cache', 'runflow', 'device', 'adapters.json');

if (process.platform === 'linux' && process.arch === 'x64') {
  test('where nothing is installed, SwiftShader is unpacked and chosen', async ({ bare, folder }) => {
    const driver = await chooseDriver(bare);
    assert.is(driver.selector, 'swiftshader');
    assert.ok(driver.adapter.software);
    assert.match(driver.adapter.deviceClass, /^vulkan\/google\/swiftshader\//);
    assert.ok(driver.loader!.startsWith(folder));
    assert.equal(workerEnvironment(driver), { RUNFLOW_ADAPTER: 'swiftshader' });
  });

  test('what was found is remembered, for auto and for what auto stood for, and no process is started again', async (context) => {
    const { bare } = context;
    await chooseDriver(bare);
    const text = readFileSync(cacheFile(context), 'utf8').replaceAll('SwiftShader driver', 'remembered driver');
    writeFileSync(cacheFile(context), text);
    assert.match((await chooseDriver(bare)).adapter.description, /^remembered/);
    assert.match((await chooseDriver({ ...bare, RUNFLOW_ADAPTER: 'swiftshader' })).adapter.description, /^remembered/);
  });

  test('a driver that appears, or another environment, is looked at afresh', async (context) => {
    const { bare, folder } = context;
    await chooseDriver(bare);
    writeFileSync(
      cacheFile(context),
      readFileSync(cacheFile(context), 'utf8').replaceAll('SwiftShader driver', 'remembered'),
    );
    const manifests = join(folder, 'empty', 'vulkan', 'icd.d');
    mkdirSync(manifests, { recursive: true });
    writeFileSync(join(manifests, 'broken_icd.json'), '{"ICD": {"library_path": "./none.so", "api_version": "1.3.0"}}');
    assert.match((await chooseDriver(bare)).adapter.description, /^SwiftShader driver/);
    assert.match((await chooseDriver({ ...bare, LP_NUM_THREADS: '1' })).adapter.description, /^SwiftShader driver/);
  });

  test('a cache that is garbage is made anew', async (context) => {
    mkdirSync(join(context.folder, 'cache', 'runflow', 'device'), { recursive: true });
    const bare = { ...context.bare, RUNFLOW_ADAPTER: 'swiftshader' };
    for (const garbage of ['{"half a', 'null', '[1]', '"text"']) {
      writeFileSync(cacheFile(context), garbage);
      assert.is((await chooseDriver(bare)).selector, 'swiftshader', garbage);
    }
    const [key] = Object.keys(JSON.parse(readFileSync(cacheFile(context), 'utf8')));
    for (const garbage of [null, { swiftshader: null }, { swiftshader: { selector: 'swiftshader', variables: {} } }]) {
      writeFileSync(cacheFile(context), JSON.stringify({ [key!]: garbage }));
      assert.match((await chooseDriver(bare)).adapter.deviceClass, /swiftshader/, JSON.stringify(garbage));
    }
  });

  test('Ctrl-C while a driver is tried says nothing of the driver, and is not remembered', async (context) => {
    const found = chooseDriver(context.bare).then(
      () => undefined,
      (error: unknown) => error,
    );
    process.kill(await probeProcess(), 'SIGINT');
    assert.instance(await found, InterruptedError);
    assert.not.ok(existsSync(cacheFile(context)));
  });

  test('a driver that was too slow on a busy machine is tried again the next time', async (context) => {
    const found = chooseDriver(context.bare, 10_000);
    process.kill(await probeProcess(), 'SIGSTOP');
    assert.is((await found).selector, 'swiftshader');
    const [probes] = Object.values(JSON.parse(readFileSync(cacheFile(context), 'utf8')));
    assert.equal(Object.keys(probes as object), ['swiftshader'], 'nothing is said of auto');
  });

  test('two processes may unpack at once; one folder is left', async ({ folder }) => {
    const cache = join(folder, 'unpacked');
    const [first, second] = await Promise.all([unpackSwiftShader(cache), unpackSwiftShader(cache)]);
    assert.equal(first, second);
    assert.is(readdirSync(cache).length, 1);
    assert.equal(readdirSync(join(cache, readdirSync(cache)[0]!)).sort(), [
      'libvk_swiftshader.so',
      'libvulkan.so.1',
      'vk_swiftshader_icd.json',
    ]);
    assert.equal(await unpackSwiftShader(cache), first);
  });

  test('a cache folder that cannot be made is an error that says how to choose another', async ({ folder }) => {
    writeFileSync(join(folder, 'file'), '');
    const error = await rejection(unpackSwiftShader(join(folder, 'file', 'cache')));
    assert.match(error.hint!, /XDG_CACHE_HOME/);
  });
} else {
  console.log('skipped: the choice of SwiftShader, which there is for Linux x64 only');
}

test('a cache folder that nothing may run from is told of, and what to set', () => {
  const said = '/cache/libvulkan.so.1: failed to map segment from shared object';
  assert.match(probeFailure(said), /^\/cache.*noexec.*XDG_CACHE_HOME/);
  assert.is(probeFailure('no adapter'), 'no adapter');
});

test('an adapter that is not there is an error that lists what is', async ({ bare }) => {
  const hardware = await rejection(chooseDriver({ ...bare, RUNFLOW_ADAPTER: 'hardware' }));
  assert.match(hardware.message, /RUNFLOW_ADAPTER=hardware/);
  const named = await rejection(chooseDriver({ ...bare, RUNFLOW_ADAPTER: 'no such adapter' }));
  assert.match(named.message, /no such adapter/);
  assert.match(named.hint!, /^RUNFLOW_ADAPTER may be auto, hardware, lavapipe, swiftshader, or part of the name/);
  const misspelt = await rejection(chooseDriver({ ...bare, RUNFLOW_ADAPTER: 'Lavapip' }));
  assert.match(misspelt.hint!, /^Did you mean "lavapipe"\?/);
});

test.run();
