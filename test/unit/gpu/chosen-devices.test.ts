import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EnvironmentError, type RunflowError, UsageError } from '../../../src/diagnostics/errors.js';
import { chosenDevices } from '../../../src/gpu/chosen-devices.js';
import type { InstalledDevice } from '../../../src/gpu/installed-devices.js';

const device = (selector: string, given: Partial<InstalledDevice> = {}): InstalledDevice => ({
  selector,
  description: selector,
  deviceClass: 'vulkan/nvidia',
  isSoftware: false,
  address: undefined,
  confusedWith: undefined,
  ...given,
});
const lavapipe = device('lavapipe', { isSoftware: true, deviceClass: 'vulkan/mesa' });
const swiftshader = device('swiftshader', { isSoftware: true, deviceClass: 'vulkan/google' });
const cards = [device('NVIDIA RTX 4090'), device('NVIDIA RTX 3060')];
const selectors = (wanted: string, installed: readonly InstalledDevice[]) =>
  chosenDevices(wanted, installed).map(({ selector }) => selector);

function refusal(wanted: string, installed: readonly InstalledDevice[]): RunflowError {
  try {
    chosenDevices(wanted, installed);
  } catch (error) {
    return error as RunflowError;
  }
  throw new Error('it was not refused');
}

test('all means every card, and where there is none the first software device', () => {
  assert.equal(selectors('all', [...cards, lavapipe]), ['NVIDIA RTX 4090', 'NVIDIA RTX 3060']);
  assert.equal(selectors('all', [lavapipe, swiftshader]), ['lavapipe']);
  assert.instance(refusal('all', []), EnvironmentError);
});

test('devices are named by number or name; one of software may serve several workers', () => {
  assert.equal(selectors('1', [...cards, lavapipe]), ['NVIDIA RTX 3060']);
  assert.equal(selectors(' 1, nvidia rtx 4090', [...cards, lavapipe]), ['NVIDIA RTX 3060', 'NVIDIA RTX 4090']);
  assert.equal(selectors('lavapipe,lavapipe', [lavapipe]), ['lavapipe', 'lavapipe']);
});

test('a card twice, two classes and what is no device are refused', () => {
  assert.match(refusal('0,0', cards).message, /names NVIDIA RTX 4090 twice/);
  const classes = refusal('lavapipe,swiftshader', [lavapipe, swiftshader]);
  assert.instance(classes, UsageError);
  assert.match(classes.message, /swiftshader \(vulkan\/google\) is of another class than lavapipe \(vulkan\/mesa\)/);
  for (const wanted of ['2', 'lavapip', '', '0,', '-1']) {
    assert.instance(refusal(wanted, [...cards]), UsageError, wanted);
  }
  assert.match(refusal('lavapip', [lavapipe]).hint!, /lavapipe.* Devices here: 0 \(lavapipe\); or all\./);
});

test('two equal cards are refused and never doubled up', () => {
  const equal = ['NVIDIA L40', 'NVIDIA L40'].map((name) => device(name, { confusedWith: name }));
  for (const wanted of ['all', '0', '0,1']) {
    const error = refusal(wanted, equal);
    assert.instance(error, EnvironmentError);
    assert.is(error.message, 'NVIDIA L40 cannot be told apart from NVIDIA L40');
  }
});

test.run();
