import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { missingPathHint } from '../../../src/formats/file-access.js';

test('the hint of a missing path names what was meant, or what is there', async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'missing-path-')));
  try {
    mkdirSync(join(folder, 'mode\u0300les', 'aligned'), { recursive: true });
    symlinkSync(join(folder, 'gone'), join(folder, 'link'));
    const hint = (...parts: string[]) => missingPathHint(join(folder, ...parts));
    assert.is(
      await hint('mod\u00e8les', 'aligned'),
      `Did you mean "${join(folder, 'mode\u0300les')}"? It may look the same: where yours has U+00E8, that one has U+0300.`,
    );
    assert.is(await hint('mode\u0300les', 'algned'), `Did you mean "${join(folder, 'mode\u0300les', 'aligned')}"?`);
    assert.is(await hint('elsewhere', 'a', 'b'), `In ${folder} there is: link, mode\u0300les.`);
    assert.is(await hint('link'), `${join(folder, 'link')} is a link to what is not there, or no folder.`);
    assert.is(await hint('link', 'below'), `${join(folder, 'link')} is a link to what is not there, or no folder.`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
