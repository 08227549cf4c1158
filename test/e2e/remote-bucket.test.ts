import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertOneScreen, type Ended, Sandbox, summaryOf } from '../sandbox.js';
import { smallWorkflow } from '../small-workflow.js';
import { Swift, whyNoSwift } from '../swift.js';
import { FakeS3 } from '../unit/remote/fake-s3.js';

interface Server {
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

async function fake(): Promise<FakeS3> {
  const server = new FakeS3();
  await server.start();
  return server;
}

/** Debian's Swift where it is installed: what another program takes for S3. */
const noSwift = whyNoSwift();
if (noSwift !== undefined) console.log(`skipped: a remote store in OpenStack Swift, a fake in its place: ${noSwift}`);
const start = (): Promise<Server> => (noSwift === undefined ? Swift.start('bucket') : fake());

const test = suite<{ server: Server; sandbox: Sandbox; ran: Ended }>('a remote store in a bucket');
test.before(async (context) => {
  context.sandbox = await Sandbox.make();
  await context.sandbox.write('small.yaml', smallWorkflow);
  [context.server, context.ran] = await Promise.all([start(), context.sandbox.run(['small.yaml'])]);
});
test.after(async ({ server, sandbox }) => {
  await server?.stop();
  await sandbox?.remove();
});

test('a run takes from the bucket what another has pushed', async ({ sandbox, server: { environment }, ...made }) => {
  const remote = ['--remote', 's3://bucket/lab'];
  const { ran } = summaryOf(made.ran);
  const pushed = await sandbox.runflow(['cache', 'push', 'small.yaml', ...remote, '--json'], environment);
  assert.equal([pushed.status, pushed.stderr], [0, '']);
  assert.is(JSON.parse(pushed.stdout).steps, ran);
  const again = await sandbox.runflow(['cache', 'push', 'small.yaml', ...remote], environment);
  assert.match(again.stdout, /^0 steps to send: 0 objects, 0 B\n/);

  const other = sandbox.withStore(sandbox.path('other'));
  const taken = await other.run(['small.yaml', ...remote], environment);
  assert.equal([summaryOf(taken).ran, summaryOf(taken).cached, taken.stderr], [0, ran, '']);
});

test('wrong keys and an address that is none end with exit code 3 or 2, and show no secret', async ({
  sandbox,
  server,
}) => {
  const wrong = { ...server.environment, AWS_SECRET_ACCESS_KEY: 'another-secret-key' };
  const pull = (address: string, environment: Readonly<Record<string, string>>) =>
    sandbox.runflow(['cache', 'pull', 'small.yaml', '--remote', address], environment);
  const refused = await pull('s3://bucket/lab', wrong);
  assertOneScreen(refused, 3);
  assert.match(refused.stderr, /refuses access \(403 SignatureDoesNotMatch\)/);
  assert.not.match(refused.stderr, /another-secret-key/);
  const secret = await pull('s3://user:hunter2@bucket/lab', wrong);
  assertOneScreen(secret, 2);
  assert.not.match(secret.stderr, /hunter2/);
});

test.run();
