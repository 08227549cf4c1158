import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const root = new URL('../../../../src/', import.meta.url).pathname;

/** Words that put a docstring's noun off: "Of a prompt" does not say what of it. */
const opening =
  /^\s*\/\*\* (?:Of|By|In|At|For|With|Where|As|Under|From|To|On|Behind|Beside|Along|Without|Until|Since|After|Before) /;

test('a docstring begins with what it describes, and a default is called a default', () => {
  const odd: string[] = [];
  for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    for (const [at, line] of readFileSync(join(root, file), 'utf8').split('\n').entries()) {
      if (opening.test(line) || /unless told/.test(line)) odd.push(`${file}:${at + 1}: ${line.trim()}`);
    }
  }
  assert.equal(odd, []);
});

test.run();
