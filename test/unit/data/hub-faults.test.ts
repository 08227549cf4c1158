import { readdir, readFile, stat, utimes } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { fetchModel } from '../../../src/data/hub-model.js';
import { DataError, EnvironmentError, InterruptedError, type RunflowError } from '../../../src/diagnostics/errors.js';
import { commit, everythingIn, failure, files, hubOf, hubSuite, repo, shardNames, token } from './hub-fixture.js';
import { json, type Misbehaviour, refuse, sendFile } from './hub-server.js';

const test = hubSuite('hub faults');

/** Misbehaves on the first `times` requests that match. */
function first(times: number, pattern: RegExp, act: Misbehaviour): Misbehaviour {
  let left = times;
  return (request, response, count) => {
    if (!pattern.test(request.url!) || left === 0) return false;
    left--;
    act(request, response, count);
    return true;
  };
}

const shardPattern = /model-00001.*signature/;
const cut: Misbehaviour = (request, response) => {
  const bytes = files[shardNames[0]]!.bytes;
  const start = Number(/(\d+)-/.exec(request.headers.range ?? '0-')![1]);
  response.writeHead(start === 0 ? 200 : 206, {
    'content-length': bytes.length - start,
    ...(start > 0 && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
  });
  cutAfter(response, bytes.subarray(start, start + 400_000));
};

const shard = files[shardNames[0]]!.bytes;
const passing: readonly (readonly [string, Misbehaviour])[] = [
  ['server errors', first(2, /./, (_, response) => refuse(response, 503))],
  ['429 with Retry-After', first(1, /tree/, (_, response) => response.writeHead(429, { 'retry-after': '0' }).end())],
  [
    '429 with RateLimit',
    first(1, /tree/, (_, response) => response.writeHead(429, { ratelimit: '"api";r=0;t=0' }).end()),
  ],
  ['a reset connection', first(2, /./, (request) => request.socket.destroy())],
  ['no answer for a while', first(1, /tree/, () => undefined)],
  ['a cut list', first(1, /tree/, (_, response) => cutAfter(response.writeHead(200, { 'content-length': 500 }), '['))],
  ['a file cut in the middle', first(2, shardPattern, cut)],
  [
    'a file that falls silent',
    first(1, shardPattern, (_, response) => response.writeHead(200).write(shard.subarray(0, 5000))),
  ],
  [
    'a file that ends early without an error',
    first(1, shardPattern, (_, response) => response.end(shard.subarray(0, 5000))),
  ],
  [
    'wrong bytes once',
    first(1, shardPattern, (request, response) => sendFile(request, response, Buffer.alloc(shard.length))),
  ],
  ['a file longer than listed once', first(1, shardPattern, (_, response) => response.end(Buffer.alloc(3_000_000)))],
];

for (const [name, misbehave] of passing) {
  test(`a passing fault is survived: ${name}`, async (context) => {
    context.server.misbehave = misbehave;
    const snapshot = await fetchModel(hubOf(context), repo, commit);
    assert.equal(await readFile(join(snapshot, shardNames[0])), files[shardNames[0]]!.bytes);
    assert.not.ok((await everythingIn(context.folder)).includes('incomplete'));
  });
}

test('a cut download goes on where it stopped', async (context) => {
  const ranges: (string | undefined)[] = [];
  const misbehave = first(2, shardPattern, cut);
  context.server.misbehave = (request, response, count) => {
    if (shardPattern.test(request.url!)) ranges.push(request.headers.range);
    return misbehave(request, response, count);
  };
  await fetchModel(hubOf(context), repo, commit);
  // How much of what was sent before the cut arrives is up to the network.
  const starts = ranges.map((range) => (range === undefined ? 0 : Number(/^bytes=(\d+)-$/.exec(range)![1])));
  assert.is(starts.length, 3);
  assert.ok(starts[0] === 0 && starts[1]! > 0 && starts[2]! > starts[1]!, starts.join());
});

test('a download that a killed run left behind is taken over', async (context) => {
  const hub = hubOf(context);
  context.server.misbehave = first(9, shardPattern, (request, response, count) => {
    if (request.headers.range === undefined) cut(request, response, count);
    else request.socket.destroy();
  });
  await failure(EnvironmentError, () => fetchModel(hub, repo, commit));
  const blobs = join(context.folder, 'hub', 'models--lab--tiny', 'blobs');
  const left = (await readdir(blobs)).filter((name) => name.endsWith('incomplete'));
  assert.is(left.length, 1);
  const kept = (await stat(join(blobs, left[0]!))).size;
  assert.ok(kept > 0);
  await utimes(join(blobs, left[0]!), 0, 0);
  const ranges: (string | undefined)[] = [];
  context.server.misbehave = (request) => {
    if (shardPattern.test(request.url!)) ranges.push(request.headers.range);
    return false;
  };
  await fetchModel(hub, repo, commit);
  assert.equal(ranges, [`bytes=${kept}-`]);
  assert.not.ok((await readdir(blobs)).some((name) => name.endsWith('incomplete')));
});

interface Lasting {
  readonly name: string;
  readonly on?: RegExp;
  readonly act: Misbehaviour;
  readonly kind?: typeof DataError;
  readonly message: RegExp;
  readonly hint?: RegExp;
}

const status =
  (code: number, reason?: string): Misbehaviour =>
  (_, response) =>
    refuse(response, code, reason);
const page = '<!DOCTYPE html><html>Log in</html>';
const lasting: readonly Lasting[] = [
  { name: '401', act: status(401), message: /refuses access \(401\)/, hint: /HF_TOKEN/ },
  {
    name: '403',
    act: status(403, 'GatedRepo'),
    message: /forbids access \(403\)/,
    hint: /Accept its conditions at http.*lab\/tiny/,
  },
  {
    name: '404',
    act: status(404, 'RepoNotFound'),
    kind: DataError,
    message: /there is no model lab\/tiny/,
    hint: /spelling/,
  },
  {
    name: '404 of the revision',
    act: status(404, 'RevisionNotFound'),
    kind: DataError,
    message: /lab\/tiny has no revision 0123/,
  },
  {
    name: '404 of a file',
    on: /resolve.*tokenizer/,
    act: status(404, 'EntryNotFound'),
    kind: DataError,
    message: /tokenizer\.json: the repository has no such file/,
  },
  {
    name: '410',
    act: status(410),
    message: /does not act like the hub: it answers with status 410/,
    hint: /HF_ENDPOINT/,
  },
  { name: '429', act: status(429), message: /too many requests \(429\)/ },
  { name: '500', act: status(500), message: /server error 500/, hint: /HF_HUB_OFFLINE=1/ },
  {
    name: 'a web page',
    act: (_, response) => response.end(page),
    message: /its answer is not the JSON/,
    hint: /proxy or login page/,
  },
  { name: 'JSON of another form', act: (_, response) => json(response, { a: 1 }), message: /not the JSON/ },
  {
    name: 'entries of another form',
    act: (_, response) => json(response, [{ type: 'file', path: 'config.json' }]),
    message: /not the JSON/,
  },
  { name: 'null entries', act: (_, response) => json(response, [null]), message: /not the JSON/ },
  { name: 'pages without end', act: endlessPages, kind: DataError, message: /more than 100000 files/ },
  { name: 'an endless answer', act: (_, response) => flood(response), message: /longer than \d+ bytes/ },
  {
    name: 'redirects without end',
    act: (request, response) => response.writeHead(302, { location: request.url }).end(),
    message: /redirect/,
  },
  { name: 'silence', act: () => undefined, message: /no answer/ },
  {
    name: 'wrong bytes',
    on: shardPattern,
    act: (request, response) => sendFile(request, response, Buffer.alloc(shard.length)),
    kind: DataError,
    message: /what arrives is not what the hub lists: checksum [0-9a-f]{64} instead of/,
  },
  {
    name: 'a file cut at once',
    on: shardPattern,
    act: (request) => request.socket.destroy(),
    message: /cannot be reached/,
    hint: /What has arrived is kept/,
  },
];

function endlessPages(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('link', `<http://${request.headers.host}${request.url}>; rel="next"`);
  json(response, new Array(20_000).fill({ type: 'directory', path: 'x' }));
}

function cutAfter(response: ServerResponse, part: string | Buffer): void {
  response.write(part, () => setTimeout(() => response.destroy(), 20));
}

function flood(response: ServerResponse): void {
  const more = (): void => {
    if (response.destroyed) return;
    if (response.write(Buffer.alloc(1 << 20, 0x20))) setImmediate(more);
    else response.once('drain', more);
  };
  more();
}

for (const { name, on = /tree/, act, kind = EnvironmentError, message, hint = /./ } of lasting) {
  test(`a lasting fault is a typed error in bounded time: ${name}`, async (context) => {
    context.server.misbehave = (...request) => (on.test(request[0].url!) ? act(...request) : false);
    const start = performance.now();
    const hub = hubOf(context, { HF_TOKEN: token });
    const error = await failure<RunflowError>(kind, () => fetchModel(hub, repo, commit));
    assert.ok(performance.now() - start < 60_000);
    assert.match(error.message, message);
    assert.match(error.hint ?? '-', hint);
    assert.not.match(error.message, /signature/);
    assert.not.match(`${error.message} ${error.hint} ${error.stack}`, token);
    assert.ok(context.server.requests.length < 40, `${context.server.requests.length} requests`);
  });
}

test('Retry-After is waited for', async (context) => {
  context.server.misbehave = first(1, /tree/, (_, response) => response.writeHead(429, { 'retry-after': '1' }).end());
  const start = performance.now();
  await fetchModel(hubOf(context), repo, commit);
  assert.ok(performance.now() - start >= 900);
});

test('an interrupted download stops soon and keeps what arrived', async (context) => {
  const controller = new AbortController();
  context.server.misbehave = first(1, shardPattern, (request, response, count) => {
    cut(request, response, count);
    setTimeout(() => controller.abort(), 5);
  });
  await failure(InterruptedError, () => fetchModel(hubOf(context, {}, controller.signal), repo, commit));
  const blobs = await readdir(join(context.folder, 'hub', 'models--lab--tiny', 'blobs'));
  assert.ok(blobs.some((name) => name.endsWith('incomplete')));
});

test.run();
