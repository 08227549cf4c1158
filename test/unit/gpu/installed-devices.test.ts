import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { namesListed } from '../../../src/gpu/driver.js';
import { pciAddresses } from '../../../src/gpu/pci-address.js';

test("names are read from Dawn's own list, one a card", () => {
  const message = [
    "no adapter with backend 'vulkan' and name 'x' found",
    'Available adapters:',
    " * backend: 'vulkan', name: 'NVIDIA L40'",
    " * backend: 'vulkan', name: 'NVIDIA L40'",
    " * backend: 'vulkan', name: 'llvmpipe (LLVM 15.0.6, 256 bits)'",
  ].join('\n');
  assert.equal(namesListed(message), ['NVIDIA L40', 'NVIDIA L40', 'llvmpipe (LLVM 15.0.6, 256 bits)']);
  assert.equal(namesListed('the driver ended the process (SIGSEGV)'), []);
});

test('the address of a card is that of the one of its name which may be opened', () => {
  const root = mkdtempSync(join(tmpdir(), 'runflow-pci-'));
  try {
    const add = (address: string, model: string, minor: number) => {
      const folder = join(root, 'proc/driver/nvidia/gpus', address);
      mkdirSync(folder, { recursive: true });
      writeFileSync(
        join(folder, 'information'),
        `Model: \t\t ${model}\nIRQ:   \t\t 120\nBus Location: \t ${address}\nDevice Minor: \t ${minor}\n`,
      );
    };
    add('0000:01:00.0', 'NVIDIA L40', 0);
    add('0000:02:00.0', 'NVIDIA L40', 1);
    add('0000:03:00.0', 'NVIDIA H100 PCIe', 2);
    mkdirSync(join(root, 'dev'));
    for (const minor of [1, 2]) writeFileSync(join(root, `dev/nvidia${minor}`), '');
    assert.equal(pciAddresses('NVIDIA L40', root), ['0000:02:00.0']);
    assert.equal(pciAddresses('NVIDIA H100 PCIe', root), ['0000:03:00.0']);
    assert.equal(pciAddresses('NVIDIA H100', root), []);
    assert.equal(pciAddresses('NVIDIA L40', join(root, 'elsewhere')), []);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

test.run();
