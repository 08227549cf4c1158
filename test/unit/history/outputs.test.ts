import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeOutputs } from '../../../src/history/outputs.js';
import { Store } from '../../../src/store/store.js';
import { temporaryFolder } from '../store/temporary-store.js';

test('an output whose name leads out of the folder is written nowhere, nor are the others', async () => {
  const store = Store.open(temporaryFolder());
  const artifact = await store.objects.put('text');
  const folder = temporaryFolder();
  const to = join(folder, 'new');
  for (const name of ['../evil', '/tmp/evil', 'a/../../evil', 'a\\..\\evil']) {
    await writeOutputs(
      store,
      [
        ['table', artifact],
        [name, artifact],
      ],
      to,
    ).then(
      () => assert.unreachable(name),
      (error: Error) => assert.match(error.message, /has a name that leads out of/),
    );
    assert.equal([existsSync(to), existsSync(join(folder, 'evil'))], [false, false]);
  }
  assert.equal(await writeOutputs(store, [['tables/a.csv', artifact]], to), ['tables/a.csv']);
});

test.run();
