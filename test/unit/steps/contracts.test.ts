import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { contracts, stepContracts } from '../../../src/steps/contracts.js';
import { portProblem } from '../../../src/steps/ports.js';
import { implementationOf } from '../../../src/worker/implementations.js';

const source = fileURLToPath(new URL('../../../../src/', import.meta.url));

/** Kinds that differ from another in where they run alone, and stand in its files. */
const sharedFiles: Readonly<Record<string, string>> = { 'command-made-scores': 'command-scores' };

test('every contract stands under its kind, and each of its halves in a file of this name', async () => {
  assert.ok(Object.keys(contracts).length > 30);
  for (const [name, { kind }] of Object.entries(stepContracts)) {
    assert.is(kind, name);
    const file = sharedFiles[kind] ?? kind;
    for (const folder of ['steps', 'worker/steps']) assert.ok(existsSync(`${source}${folder}/${file}.ts`), kind);
    assert.type(await implementationOf(kind), 'function', kind);
  }
});

test('a contract says of the steps that run a model that they do', () => {
  for (const { kind, runsModel = false } of Object.values(stepContracts)) {
    const text = readFileSync(`${source}worker/steps/${sharedFiles[kind] ?? kind}.ts`, 'utf8');
    assert.is(/\b(runningModel|nextTokens)\(/.test(text), runsModel, kind);
  }
});

test('a kind that nothing carries out is refused', async () => {
  for (const kind of ['sdv', 'constructor']) {
    await implementationOf(kind).then(
      () => assert.unreachable(),
      ({ message }: Error) => assert.is(message, `no step kind ${kind}`),
    );
  }
});

test('ports tell a name that is not declared, and one that is missing', () => {
  const ports = { from: '', 's?': '', 'basis/<tensor>': '', '<row>/scores': '', '<table>.csv': '' };
  const good = [['from'], ['from', 's'], ['from', 'basis/a.b/c', '0/scores', 'energy.csv']];
  for (const names of good) assert.is(portProblem(ports, names), undefined, names.join());
  assert.is(portProblem(ports, ['s']), '"from" is missing');
  for (const name of ['form', 's?', 'basis/', 'xbasis/a', '0/scores/x', 'energyxcsv', '/scores']) {
    assert.is(portProblem(ports, ['from', name]), `"${name}" is not declared`);
  }
});

test.run();
