import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UsageError } from '../../../src/diagnostics/errors.js';
import { openRemote } from '../../../src/remote/open-remote.js';

test('an address that only looks like one of another machine makes no folder, and is not repeated', async () => {
  for (const address of [
    's3:/bucket/x',
    's3:bucket',
    'user:hunter2@host:/lab',
    'host:/lab',
    'file:///lab',
    'https://lab',
  ]) {
    await openRemote(address, {}, { isRequired: true }).then(
      () => assert.unreachable(address),
      (error: Error) => {
        assert.instance(error, UsageError);
        assert.not.match(error.message, /hunter2|bucket\/x|\/lab/);
      },
    );
  }
});

test('a folder is named by any path, also one with a colon in it', async () => {
  for (const [address, end] of [
    ['/mnt/lab', '/mnt/lab'],
    ['./s3:bucket', '/s3:bucket'],
    ['/mnt/12:30', '/mnt/12:30'],
    ['Größe ✓/a', '/Größe ✓/a'],
  ] as const) {
    const { place } = await openRemote(address, {}, { isRequired: true });
    assert.ok(place.endsWith(end), place);
  }
});

test.run();
