import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withoutSecrets } from '../../../src/run/secrets.js';

const value = 'not-to-be-seen';

test('variables whose names say that they are secret are hidden, and no others', () => {
  const hidden = (name: string) => withoutSecrets({ [name]: value })(`it is ${value}.`) === `it is [${name}].`;
  for (const name of [
    ...['OPENAI_API_KEY', 'WANDB_KEY', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'SECRET_KEY_BASE', 'GITHUB_PAT'],
    ...['HF_TOKEN', 'hf_token', 'CLIENT_SECRET', 'PASSWORD', 'DB_PASSWORD', 'MYSQL_PASS', 'OPENAI_APIKEY'],
  ]) {
    assert.ok(hidden(name), name);
  }
  for (const name of [
    'TOKENIZERS_PARALLELISM',
    'KEYBOARD',
    'PATH',
    'MONKEY',
    'XDG_SECRETARY',
    'COMPASS',
    'HF_TOKEN_PATH',
  ]) {
    assert.not.ok(hidden(name), name);
  }
});

test('variables that programs are given are hidden whatever their names are', () => {
  const redacted = withoutSecrets({ TONE: value, OTHER: 'also-long-enough' }, new Set(['TONE']));
  assert.is(redacted(`${value} also-long-enough`), '[TONE] also-long-enough');
});

test('a value that holds another is hidden whole, and one of several lines is hidden line by line', () => {
  const environment = { A_KEY: 'abcdefgh', B_KEY: 'abcdefgh-ijkl', C_KEY: '-----BEGIN-----\nqrstuvwx\n' };
  assert.is(withoutSecrets(environment)('abcdefgh-ijkl abcdefgh qrstuvwx'), '[B_KEY] [A_KEY] [C_KEY]');
});

test('short values stand anywhere by chance and are shown', () => {
  assert.is(withoutSecrets({ A_KEY: 'false', B_TOKEN: ' ' })('false or true'), 'false or true');
});

test.run();
