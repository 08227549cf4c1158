// The share of a model's weights that are smaller than a tenth of their tensor's root mean square. runflow starts this in
// a folder with inputs/model, a Hugging Face folder of one safetensors file in F32.
import { readFileSync, writeFileSync } from 'node:fs';

const file = readFileSync('inputs/model/model.safetensors');
const headerBytes = Number(file.readBigUInt64LE(0));
const header = JSON.parse(file.subarray(8, 8 + headerBytes).toString());
let small = 0;
let all = 0;
for (const [name, { dtype, data_offsets: [from, to] = [] }] of Object.entries(header)) {
  if (name === '__metadata__') continue;
  if (dtype !== 'F32') throw new Error(`${name} is ${dtype}: this example reads F32`);
  const bytes = file.subarray(8 + headerBytes + from, 8 + headerBytes + to);
  const weights = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const limit = 0.1 * Math.sqrt(weights.reduce((sum, weight) => sum + weight * weight, 0) / weights.length);
  small += weights.filter((weight) => Math.abs(weight) < limit).length;
  all += weights.length;
}
writeFileSync('outputs/scores.jsonl', `${JSON.stringify({ score: small / all })}\n`);
