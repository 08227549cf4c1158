import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { StepError } from '../../../src/diagnostics/errors.js';
import type { Matrix } from '../../../src/linalg/arithmetic.js';
import { HostArithmetic } from '../../oracles/host-arithmetic.js';
import { gaussian, updateMatrices } from '../../oracles/matrices.js';
import { svdOracle } from '../../oracles/one-sided-jacobi.js';
import { checkSvd } from '../../oracles/svd-bars.js';
import { svdOf } from '../../oracles/svd-of.js';

for (const [name, make] of Object.entries(updateMatrices)) {
  test(`the decomposition of a matrix (${name}) meets its bars on the host`, async () => {
    const a = make();
    checkSvd(a, await svdOf(a, new HostArithmetic()), svdOracle(a), name);
  });
}

/** Arithmetic with a fault: one element of every product is off. */
class FaultyArithmetic extends HostArithmetic {
  readonly #fault: number;
  constructor(fault: number) {
    super();
    this.#fault = fault;
  }

  override product(...operands: Parameters<HostArithmetic['product']>): Matrix {
    const product = super.product(...operands) as Matrix & { readonly data: Float32Array };
    product.data[3]! *= 1 + this.#fault;
    return product;
  }
}

test('a device that computes wrongly is found out: no decomposition beyond its bars is given back', async () => {
  const a = gaussian(30, 12, 'faulty');
  await svdOf(a, new FaultyArithmetic(0));
  for (const fault of [1, 1e-3, Number.NaN]) {
    try {
      await svdOf(a, new FaultyArithmetic(fault));
    } catch (error) {
      assert.instance(error, StepError, String(error));
      continue;
    }
    assert.unreachable(`a fault of ${fault} was not noticed`);
  }
});

test.run();
