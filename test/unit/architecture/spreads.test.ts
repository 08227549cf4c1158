import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
/** Three dots and a brace, which this file does not hold. */
const spreadLiteral = `${'.'.repeat(3)}{`;

test('no object is spread where its properties could stand, only to break a line', () => {
  const found = ['src', 'test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .filter((file) => readFileSync(join(root, folder, file), 'utf8').includes(spreadLiteral))
      .map((file) => `${folder}/${file}`),
  );
  assert.equal(found, []);
});

test.run();
