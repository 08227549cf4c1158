import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { intervals } from '../../../../src/report/figures/interval.js';

/** In pixels, of a digit in the axis' font. */
const digitWidth = 6.6;

test('no number of an axis is cut at the edge: without its sign it would say another thing', async () => {
  for (const value of [-0.009, 0.00012, -1234]) {
    const interval = { name: 'a:b', value, low: value, high: 0, holds: [0, null] as const, note: '', title: '' };
    const panel = { title: 'claim', label: 'effect', intervals: [interval] };
    const { element, width } = await intervals.draw(panel);
    const labels = [...element.querySelectorAll('[data-mark="x-axis tick label"] text')];
    assert.ok(labels.length > 2);
    for (const label of labels) {
      const at = Number(/translate\(([-\d.]+)/.exec(label.getAttribute('transform')!)![1]);
      const half = (digitWidth * label.textContent!.length) / 2;
      assert.ok(at - half >= 0 && at + half <= width, `${label.textContent} at ${at} of ${width}`);
    }
  }
});

test.run();
