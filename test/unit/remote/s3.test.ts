import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EnvironmentError, InterruptedError } from '../../../src/diagnostics/errors.js';
import { digestOf } from '../../../src/formats/digest.js';
import { contentOf, makeRemote, requireRemote } from '../../../src/remote/layout.js';
import { readAll } from '../../../src/remote/read-all.js';
import { S3Remote } from '../../../src/remote/s3/s3-remote.js';
import { s3Settings } from '../../../src/remote/s3/settings.js';
import { fetchObject } from '../../../src/remote/transfer.js';
import { Store } from '../../../src/store/store.js';
import { temporaryFolder } from '../store/temporary-store.js';
import { FakeS3, refuse, secretAccessKey } from './fake-s3.js';

const patience = { attempts: 3, delayMilliseconds: 1, mostDelayMilliseconds: 5, silenceMilliseconds: 300 };

const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };

const test = suite<{ server: FakeS3; remote: S3Remote }>('S3');
test.before.each(async (context) => {
  context.server = new FakeS3();
  await context.server.start();
  context.remote = new S3Remote(s3Settings('s3://bucket/of/mine', context.server.environment), patience);
});
test.after.each(({ server }) => server.stop());

async function fails(
  work: Promise<unknown>,
  message: RegExp,
  kind: new (...args: never[]) => Error = EnvironmentError,
) {
  const error = await work.then(
    () => assert.unreachable('it should fail'),
    (thrown: unknown) => thrown as Error & { hint?: string },
  );
  assert.instance(error, kind);
  assert.match(error!.message, message);
  assert.not.match(`${error!.message} ${error!.hint}`, new RegExp(secretAccessKey));
}

const text = (remote: S3Remote, name: string) => readAll(remote, name, 1000, {});

test('an entry is written once, read, looked for and listed, page by page', async ({ remote, server }) => {
  server.pageSize = 2;
  assert.is(await text(remote, 'a/1'), undefined);
  assert.is(await remote.has('a/1'), false);
  for (const name of ['a/1', 'a/2', 'a/3', 'b/1']) assert.is(await remote.writeIfAbsent(name, contentOf(name)), true);
  assert.is(await remote.writeIfAbsent('a/1', contentOf('other')), false);
  assert.is(await text(remote, 'a/1'), 'a/1');
  assert.is(await remote.has('a/1'), true);
  const names: string[] = [];
  for await (const name of remote.list('a/')) names.push(name);
  assert.equal(names.sort(), ['a/1', 'a/2', 'a/3']);
  assert.equal([...server.objects.keys()].sort()[0], 'of/mine/a/1');
});

test('a server that knows no condition of a PUT is asked before', async ({ remote, server }) => {
  server.isConditional = false;
  assert.is(await remote.writeIfAbsent('a', contentOf('1')), true);
  assert.is(await remote.writeIfAbsent('a', contentOf('2')), false);
  assert.is(await text(remote, 'a'), '1');
});

test('an entry of another size counts as none where its size is known, and is replaced', async ({ remote, server }) => {
  for (const isConditional of [true, false]) {
    server.isConditional = isConditional;
    server.objects.set('of/mine/a', Buffer.from('cut'));
    assert.equal([await remote.has('a', { bytes: 3 }), await remote.has('a', { bytes: 9 })], [true, false]);
    await remote.replace('a', contentOf('all of it'));
    assert.is(await text(remote, 'a'), 'all of it');
  }
});

test('a host that answers no attempt to connect is waited for no longer than one that says nothing', async () => {
  // Stopped, so that its queue of connections fills up, and packets of the next ones are dropped.
  const script =
    "const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(s.address().port))";
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const fill: Socket[] = [];
  try {
    const port = await new Promise<number>((resolve) => child.stdout.once('data', (text) => resolve(Number(text))));
    child.kill('SIGSTOP');
    for (let tries = 0; tries < 8; tries++) fill.push(connect(port, '127.0.0.1').on('error', () => undefined));
    const environment = { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`, ...keys };
    const remote = new S3Remote(s3Settings('s3://bucket', environment), { ...patience, attempts: 2 });
    await fails(text(remote, 'a'), /cannot be reached: no answer/);
  } finally {
    for (const socket of fill) socket.destroy();
    child.kill('SIGKILL');
  }
});

test('a remote store is made in an empty prefix only, and is needed to read', async ({ remote, server }) => {
  await fails(requireRemote(remote, {}), /there is no remote store at s3:\/\/bucket\/of\/mine/);
  await makeRemote(remote, { isDry: true });
  assert.is(server.objects.size, 0);
  await makeRemote(remote, { isDry: false });
  await requireRemote(remote, {});
  server.objects.clear();
  server.objects.set('of/mine/thesis.pdf', Buffer.from('x'));
  await fails(makeRemote(remote, { isDry: false }), /not empty: it has thesis\.pdf/);
});

test('faults that pass are tried again, others end at once with the name of the fault', async ({ remote, server }) => {
  await remote.writeIfAbsent('a', contentOf('1'));
  let left = 2;
  server.fault = (_, response) => {
    if (left === 0) return false;
    left -= 1;
    refuse(response, 503, 'SlowDown');
    return true;
  };
  assert.is(await text(remote, 'a'), '1');
  server.fault = (_, response) => {
    refuse(response, 503, 'SlowDown');
    return true;
  };
  await fails(text(remote, 'a'), /cannot be reached: server error 503 SlowDown/);
  server.requests.length = 0;
  server.fault = (_, response) => {
    refuse(response, 403, 'AccessDenied');
    return true;
  };
  await fails(text(remote, 'a'), /refuses access \(403 AccessDenied\)/);
  await fails(remote.writeIfAbsent('b', contentOf('1')), /refuses access \(403 AccessDenied\)/);
  await fails(remote.has('a'), /refuses access \(403\)/);
  assert.is(server.requests.length, 3);
});

test('no redirect is followed, no silence is waited for, and a missing bucket is said', async ({ remote, server }) => {
  server.fault = (_, response) => {
    response.writeHead(307, { location: 'http://127.0.0.1:1/bucket/of/mine/a' }).end();
    return true;
  };
  await fails(text(remote, 'a'), /answers with a redirect \(307\), which is not followed/);
  server.fault = () => true;
  await fails(text(remote, 'a'), /cannot be reached: no answer/);
  server.fault = () => false;
  const other = new S3Remote(s3Settings('s3://absent', server.environment), patience);
  await fails(text(other, 'a'), /there is no such bucket/);
});

test('of an answer that never ends no more is read than tells what it is', async ({ remote, server }) => {
  for (const status of [404, 403, 200]) {
    server.fault = (_, response) => {
      response.statusCode = status;
      const timer = setInterval(() => response.write('x'.repeat(1000)), 1);
      response.on('close', () => clearInterval(timer));
      return true;
    };
    const read = text(remote, 'a').catch((error: Error) => error.message);
    const expected = { 404: /^undefined$/, 403: /refuses access/, 200: /more than 1000 bytes/ }[status]!;
    assert.match(String(await read), expected);
  }
});

test('a cut answer is continued where it was, and one that is cut again and again given up', async ({
  remote,
  server,
}) => {
  const bytes = Buffer.alloc(300_000, 'abcdefg');
  const object = { digest: digestOf(bytes), bytes: bytes.length };
  const store = Store.open(temporaryFolder());
  const name = `of/mine/objects/sha256/${object.digest.slice(7, 9)}/${object.digest.slice(7)}`;
  server.objects.set(name, bytes);
  let cuts = 2;
  server.fault = (request, response) => {
    if (request.method !== 'GET' || cuts === 0) return false;
    cuts -= 1;
    const from = Number(/\d+/.exec(request.headers.range ?? '0')![0]);
    const head = {
      'content-length': bytes.length - from,
      'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
    };
    response.writeHead(from > 0 ? 206 : 200, head);
    response.write(bytes.subarray(from, from + 100_000), () => setTimeout(() => response.destroy(), 20));
    return true;
  };
  assert.is(await fetchObject(remote, store, object, {}), true);
  assert.equal(Buffer.from(await store.objects.read(object)), bytes);
  server.fault = (request, response) => {
    if (request.method !== 'GET') return false;
    response.writeHead(request.headers.range ? 206 : 200, { 'content-length': 10, 'content-range': 'bytes 0-9/10' });
    response.flushHeaders();
    setTimeout(() => response.destroy(), 20);
    return true;
  };
  await fails(text(remote, 'a'), /cut again and again/);
});

test('other keys are refused by the server, and missing ones before it is asked', async ({ server }) => {
  const other = { ...server.environment, AWS_SECRET_ACCESS_KEY: 'another-secret' };
  const remote = new S3Remote(s3Settings('s3://bucket', other), patience);
  await fails(text(remote, 'a'), /403 SignatureDoesNotMatch/);
  await fails(
    (async () => s3Settings('s3://bucket', { AWS_ACCESS_KEY_ID: 'x' }))(),
    /AWS_SECRET_ACCESS_KEY is not set/,
  );
});

test('what is interrupted ends as interrupted', async ({ remote, server }) => {
  const stop = new AbortController();
  server.fault = () => {
    setImmediate(() => stop.abort());
    return true;
  };
  await fails(remote.has('a', { signal: stop.signal }), /interrupted/, InterruptedError);
});

test.run();

const settings = suite('settings of S3');

settings('the URL of a bucket is in the host at Amazon, in the path elsewhere', () => {
  const urlOf = (address: string, environment = {}) => s3Settings(address, { ...keys, ...environment }).url.href;
  assert.is(urlOf('s3://lab'), 'https://lab.s3.us-east-1.amazonaws.com/');
  assert.is(urlOf('s3://lab/a/b/', { AWS_REGION: 'eu-central-1' }), 'https://lab.s3.eu-central-1.amazonaws.com/a/b/');
  for (const bucket of ['my.lab', 'My-Lab', 'my_lab'])
    assert.is(urlOf(`s3://${bucket}/x`), `https://s3.us-east-1.amazonaws.com/${bucket}/x/`);
  const both = { AWS_ENDPOINT_URL: 'http://other:1', AWS_ENDPOINT_URL_S3: 'https://storage.example.org:9000/s3/' };
  assert.is(urlOf('s3://lab/a', both), 'https://storage.example.org:9000/s3/lab/a/');
});

settings('what cannot be an address or an endpoint is refused, and its secrets are not repeated', () => {
  const refused = (address: string, environment: Record<string, string>, message: RegExp) => {
    try {
      s3Settings(address, { ...keys, ...environment });
    } catch (error) {
      assert.match((error as Error).message, message);
      assert.not.match((error as Error).message, /hunter2/);
      return;
    }
    assert.unreachable(`${address} should be refused`);
  };
  refused('s3://user:hunter2@lab/x', {}, /holds a user name or a password/);
  refused('s3://', {}, /names no bucket/);
  for (const prefix of ['../x', 'a/../b', 'a//b', 'a?b', 'a b', '%2e%2e', '.'])
    refused(`s3://lab/${prefix}`, {}, /prefix/);
  refused('s3://lab', { AWS_ENDPOINT_URL: 'https://user:hunter2@host' }, /without a user name/);
  refused('s3://lab', { AWS_ENDPOINT_URL: 'ftp://host' }, /http or https URL/);
  refused('s3://lab', { AWS_ENDPOINT_URL: 'nonsense' }, /is not a URL/);
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'])
    for (const value of ['hunter2\nx: y', 'hunter2 x', 'hunter2ключ', 'hunter2\u0000'])
      refused('s3://lab', { [name]: value }, new RegExp(`^${name} holds a line break`));
  refused('s3://lab', { AWS_REGION: 'a.evil.example/' }, /not the name of a region/);
});

settings.run();
