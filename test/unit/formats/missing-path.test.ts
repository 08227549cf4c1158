import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
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

test('a folder that this user may not look into is no link and not empty', async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'missing-path-')));
  const user = process.geteuid!();
  try {
    mkdirSync(join(folder, 'closed'));
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'closed'), 0);
    if (user === 0) process.seteuid!(65534);
    assert.is(
      await missingPathHint(join(folder, 'closed', 'rows.jsonl')),
      `This user may not look into ${join(folder, 'closed')}.`,
    );
  } finally {
    process.seteuid!(user);
    rmSync(folder, { recursive: true });
  }
});

test.run();
