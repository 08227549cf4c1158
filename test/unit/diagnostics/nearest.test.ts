import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { didYouMean, nearest } from '../../../src/diagnostics/nearest.js';

const names = ['aligned', 'base', 'useful', 'harmful'];

test('a slip of the finger finds the name that was meant', () => {
  assert.is(nearest('alinged', names), 'aligned');
  assert.is(nearest('Base', names), 'base');
  assert.is(nearest('usefull', names), 'useful');
  assert.is(nearest('bse', names), 'base');
});

test('a name that resembles none finds none', () => {
  assert.is(nearest('contaminated', names), undefined);
  assert.is(nearest('x', names), undefined);
  assert.is(nearest('', names), undefined);
});

test('a name that looks the same is found, and what differs is said', () => {
  const composed = 'mod\u00e8le';
  const decomposed = 'mode\u0300le';
  assert.is(nearest(decomposed, ['other', composed]), composed);
  assert.is(nearest('e\u0301', ['\u00e9']), '\u00e9');
  assert.is(
    didYouMean(decomposed, composed),
    `Did you mean "${composed}"? It may look the same: where yours has U+0300, that one has U+00E8.`,
  );
  assert.is(
    didYouMean('\u0430ligned', 'aligned'),
    'Did you mean "aligned"? It may look the same: where yours has U+0430, that one has U+0061.',
  );
  assert.is(
    didYouMean('a\u200bligned', 'aligned'),
    'Did you mean "aligned"? It may look the same: where yours has U+200B, that one has nothing.',
  );
  assert.is(didYouMean('algned', 'aligned'), 'Did you mean "aligned"?');
});

test.run();
