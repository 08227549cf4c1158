import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Dense, dense, multiply, transpose } from '../oracles/one-sided-jacobi.js';
import { Sandbox } from '../sandbox.js';

/** CKA from a workflow file to CSV and report, against its definition in double precision from the states that the run kept. */
const test = suite<{ sandbox: Sandbox }>('CKA of models');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
});
test.after.each(({ sandbox }) => sandbox.remove());

const workflow = `runflow: 1
name: likeness
datasets:
  many: { synthetic: problems, rows: 40 }
  few: { synthetic: problems, rows: 9, seed: 1 }
models:
  base:
    init: { family: llama, hidden: 16, layers: 2, heads: 2, mlp: 24, vocabulary: 120 }
    tokenizer: { words-of: [many, few] }
  aligned: { perturb: base, seed: 1, norm: 2, decay: 1 }
metrics:
  seen: { kind: cka, pairs: [[base, aligned], [base, base]], prompts: [many, few], template: { prompt: "{prompt} is", response: " {response}" } }
  padded: { kind: cka, pairs: [[base, aligned]], prompts: [few], position: last-padded, layers: [0.5, 1] }
`;

interface Explained {
  readonly id: string;
  readonly outputs: Readonly<Record<string, { readonly digest: string; readonly tensor: { shape: [number, number] } }>>;
}

/** Hidden states by step and layer, from the store. */
async function hiddenStates(sandbox: Sandbox): Promise<(step: string, layer: string) => Dense> {
  const { stdout, stderr, status } = await sandbox.runflow(['explain', 'likeness.yaml', 'activations', '--json']);
  assert.is(status, 0, stderr);
  const steps = new Map((JSON.parse(stdout) as Explained[]).map(({ id, outputs }) => [id, outputs]));
  return (step, layer) => {
    const { digest, tensor } = steps.get(step)![`hidden/${layer}`]!;
    const hex = digest.slice('sha256:'.length);
    const bytes = readFileSync(join(sandbox.store, 'objects/sha256', hex.slice(0, 2), hex));
    const [rows, columns] = tensor.shape;
    return dense(
      rows,
      columns,
      Array.from({ length: rows * columns }, (_, i) => bytes.readFloatLE(4 * i)),
    );
  };
}

function centred({ rows, columns, data }: Dense): Dense {
  const mean = (column: number) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += data[row * columns + column]!;
    return sum / rows;
  };
  const means = Array.from({ length: columns }, (_, column) => mean(column));
  return dense(
    rows,
    columns,
    data.map((value, at) => value - means[at % columns]!),
  );
}

const energy = (a: Dense, b: Dense) => multiply(transpose(a), b).data.reduce((sum, value) => sum + value ** 2, 0);

test('cka.csv is what its definition says, with fewer and with more prompts than the model is wide', async ({
  sandbox,
}) => {
  await sandbox.write('likeness.yaml', workflow);
  const { status, stderr } = await sandbox.runflow(['run', 'likeness.yaml']);
  assert.is(status, 0, stderr);
  const rows = parse(readFileSync(sandbox.path('results/likeness/cka.csv')), { columns: true }) as Record<
    string,
    string
  >[];
  assert.is(rows.length, 2 * 2 * 3 + 3);
  const states = await hiddenStates(sandbox);
  let measured = 0;
  for (const { metric, pair, prompts, layer, cka, n, in_window } of rows) {
    const what = `${metric} ${pair} ${prompts} ${layer}`;
    const [a, b] = pair!.split(':').map((model) => states(`activations[${metric},${model},${prompts}]`, layer!)) as [
      Dense,
      Dense,
    ];
    assert.is(n, prompts === 'many' ? '40' : '9', what);
    assert.is(in_window, metric === 'padded' && layer === '0' ? '0' : '1', what);
    const [x, y] = [centred(a), centred(b)];
    // Every prompt ends with the same word: at layer 0 all states are its embedding.
    if (layer === '0') assert.is(cka, '', what);
    else {
      const expected = energy(y, x) / Math.sqrt(energy(x, x) * energy(y, y));
      assert.ok(cka !== '' && Math.abs(Number(cka) - expected) < 1e-5, `${what}: ${cka}, not ${expected}`);
      if (pair === 'base:base') assert.ok(Number(cka) > 1 - 1e-6, what);
      else assert.ok(expected < 0.999, `${what}: ${expected} tells nothing`);
      measured += 1;
    }
  }
  assert.ok(measured >= 8);
  const report = readFileSync(sandbox.path('results/likeness/report.html'), 'utf8');
  assert.match(report, '<section id="cka">');
  assert.match(report, 'Here n is 9 and d is 16.');
});

test('a claim about a table without overlaps, and tokens that nothing generates, are refused with their places', async ({
  sandbox,
}) => {
  const claims = 'claims:\n  alike: { kind: above-baseline, metric: seen }\n';
  await sandbox.write('likeness.yaml', `${workflow.replace('last-padded,', 'last-padded, max-tokens: 4,')}${claims}`);
  const { status, stderr } = await sandbox.runflow(['run', 'likeness.yaml']);
  assert.is(status, 2, stderr);
  assert.match(stderr, /likeness\.yaml:13:\d+.*nothing is generated for the hidden state of position last-padded/s);
  assert.match(stderr, /likeness\.yaml:15:\d+.*"seen" is of kind cka, which measures no overlap/s);
  assert.match(stderr, 'Name a metric of kind mso or activation-mso');
});

test.run();
