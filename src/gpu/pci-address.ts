import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * PCI addresses of the NVIDIA cards of a name that this process may open: in a job of a batch system that confines devices
 * that is the card of the job, though /proc lists all. Empty where the driver does not tell: other makers, other systems.
 *
 * Source: /proc/driver/nvidia/gpus/<address>/information, NVIDIA's Linux driver README, "Proc Filesystem Interface".
 *
 * @param name as Dawn lists it, which for these cards is the model
 * @param root of the file system; tests give another
 */
export function pciAddresses(name: string, root = '/'): readonly string[] {
  const folder = join(root, 'proc/driver/nvidia/gpus');
  return entriesOf(folder).filter((address) => {
    const information = textOf(join(folder, address, 'information'));
    const minor = /^Device Minor:\s*(\d+)\s*$/m.exec(information)?.[1];
    const model = /^Model:\s*(.+?)\s*$/m.exec(information)?.[1];
    return model === name && minor !== undefined && canOpen(join(root, `dev/nvidia${minor}`));
  });
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function canOpen(file: string): boolean {
  try {
    closeSync(openSync(file, 'r+'));
    return true;
  } catch {
    return false;
  }
}
