import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadStudy } from '../../../src/workflow/load.js';
import { nameOfDefinition } from '../../../src/workflow/name-of-definition.js';
import { Scope } from '../../../src/workflow/scope.js';
import { shippedWorkflows } from './shipped-files.js';

const test = suite('name of definition');

test('what resolving looks up by a name, the schema says is a name of that section', async () => {
  const lookedUp: { readonly section: string; readonly path: readonly string[] }[] = [];
  const reference = Scope.prototype.reference;
  let names = 0;
  try {
    Scope.prototype.reference = function (section, name, path) {
      lookedUp.push({ section, path });
      return reference.call(this, section, name, path);
    };
    for (const file of shippedWorkflows()) {
      lookedUp.length = 0;
      const loaded = await loadStudy(file);
      assert.ok(loaded.ok, file);
      for (const { section, path } of lookedUp) {
        const sections = loaded.value.cells.flatMap(
          ({ workflow }) => nameOfDefinition(workflow.document, path)?.sections ?? [],
        );
        assert.ok(
          sections.includes(section),
          `${file}: ${path.join('.')} is of ${section}, the schema says ${sections}`,
        );
        names += 1;
      }
    }
  } finally {
    Scope.prototype.reference = reference;
  }
  assert.ok(names > 300, `${names} names`);
});

test('a definition that is not whole yet says what its names are', () => {
  const document = {
    models: { useful: { finetune: 'ali', on: null } },
    metrics: { overlap: { kind: 'mso', pairs: [['a']] } },
  };
  assert.equal(nameOfDefinition(document, ['models', 'useful', 'finetune'])?.sections, ['models']);
  assert.equal(nameOfDefinition(document, ['models', 'useful', 'on'])?.sections, ['datasets']);
  assert.equal(nameOfDefinition(document, ['metrics', 'overlap', 'pairs', '0', '0'])?.sections, [
    'updates',
    'subspaces',
  ]);
  assert.is(nameOfDefinition(document, ['metrics', 'overlap', 'kind']), undefined);
  assert.is(nameOfDefinition(document, ['models', 'useful']), undefined);
  assert.is(nameOfDefinition(document, ['nothing', 'there']), undefined);
});

test('keys of a mix are names of datasets; its shares are not', () => {
  const document = { datasets: { all: { mix: { lessons: 'all' }, total: 3 } } };
  assert.equal(nameOfDefinition(document, ['datasets', 'all', 'mix', 'lessons']), {
    sections: ['datasets'],
    stands: 'key',
  });
  assert.is(nameOfDefinition(document, ['datasets', 'all', 'total']), undefined);
});

test('sections of a profile are sections', () => {
  const document = { profiles: { small: { updates: { tuning: { from: 'base' } } } } };
  assert.equal(nameOfDefinition(document, ['profiles', 'small', 'updates', 'tuning', 'from'])?.sections, ['models']);
});

test.run();
