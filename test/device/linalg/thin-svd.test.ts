import { test } from 'uvu';
import { DeviceArithmetic } from '../../../src/linalg/device/arithmetic.js';
import { updateMatrices } from '../../oracles/matrices.js';
import { svdOracle } from '../../oracles/one-sided-jacobi.js';
import { checkSvd } from '../../oracles/svd-bars.js';
import { svdOf } from '../../oracles/svd-of.js';
import { card, device } from '../device.js';

for (const [name, make] of Object.entries(updateMatrices)) {
  test(`the decomposition of a matrix (${name}) meets its bars on the device`, async () => {
    const a = make();
    checkSvd(a, await svdOf(a, new DeviceArithmetic(await device())), svdOracle(a), name);
  });
}

for (const [name, make] of Object.entries(updateMatrices)) {
  test(`the decomposition of a matrix (${name}) meets its bars as a card computes it`, async () => {
    const a = make();
    checkSvd(a, await svdOf(a, new DeviceArithmetic(await card())), svdOracle(a), name);
  });
}

test.run();
