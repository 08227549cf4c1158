import { type Described, type DescribedNode, describedTensor, type TokenLengths } from '../cost/described.js';
import { DataError } from '../diagnostics/errors.js';
import type { Artifact, Artifacts } from '../formats/artifact.js';
import type { Checkpoint } from '../formats/checkpoint.js';
import type { JsonObject } from '../formats/json.js';
import { maximumConfigBytes, parseModelConfig } from '../formats/model-config.js';
import { ignoredLabel } from '../formats/token-rows.js';
import { decoderConfig } from '../nn/config.js';

/** Reads an artifact. */
export type ReadWhole = (artifact: Artifact) => Promise<Uint8Array>;

/** Outputs that exist, with what costs depend on: rows of JSON lines, lengths of token rows, configurations. */
export async function describeArtifacts(artifacts: Artifacts, read: ReadWhole): Promise<DescribedNode> {
  const node = new Map<string, Described>();
  for (const [output, artifact] of Object.entries(artifacts)) {
    const { bytes, tensor } = artifact;
    node.set(output, { bytes, artifact, ...(tensor && { tensor }) });
  }
  const { rows, offsets, labels } = artifacts as Readonly<Record<string, Artifact | undefined>>;
  if (rows !== undefined) node.set('rows', { ...node.get('rows')!, rows: lineCount(await read(rows)) });
  const ids = node.get('input-ids');
  if (ids !== undefined && offsets !== undefined && labels !== undefined) {
    const lengths = tokenLengths(integers(await read(offsets)), integers(await read(labels)));
    node.set('input-ids', { ...ids, lengths });
  }
  const config = artifacts['file/config.json'] as Artifact | undefined;
  if (config !== undefined && config.bytes <= maximumConfigBytes) {
    const json = parseModelConfig(await read(config), 'config.json');
    node.set('file/config.json', { ...node.get('file/config.json')!, ...configOrNone(json) });
  }
  return node;
}

/** What a model's folder holds, by its headers: none of its weights is read. */
export async function describeCheckpoint(
  { tensors, companions }: Checkpoint,
  read: (name: string, mostBytes: number) => Promise<Uint8Array>,
): Promise<Map<string, Described>> {
  const outputs = new Map<string, Described>();
  for (const [name, { dtype, shape }] of tensors) outputs.set(`tensor/${name}`, describedTensor(dtype, shape));
  for (const [name, bytes] of companions) outputs.set(`file/${name}`, { bytes });
  const config = outputs.get('file/config.json');
  if (config !== undefined) {
    const json = parseModelConfig(await read('config.json', maximumConfigBytes), 'config.json');
    outputs.set('file/config.json', { ...config, ...configOrNone(json) });
  }
  return outputs;
}

/** The configuration of a decoder; nothing where runflow does not run such a model: steps that run it will say why. */
function configOrNone(json: JsonObject): Pick<Described, 'config'> {
  try {
    return { config: decoderConfig(json, 'config.json') };
  } catch (error) {
    if (error instanceof DataError) return {};
    throw error;
  }
}

function lineCount(bytes: Uint8Array): number {
  let lines = 0;
  for (const byte of bytes) if (byte === 10) lines++;
  return lines;
}

function integers(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.slice().buffer);
}

/** @param offsets of the rows' first tokens, and the number of all */
function tokenLengths(offsets: Int32Array, labels: Int32Array): TokenLengths {
  let [squares, longest, targets] = [0, 0, 0];
  const count = offsets.length - 1;
  for (let row = 0; row < count; row++) {
    const [first, end] = [offsets[row]!, offsets[row + 1]!];
    squares += (end - first) ** 2;
    longest = Math.max(longest, end - first);
    for (let at = first + 1; at < end; at++) if (labels[at] !== ignoredLabel) targets++;
  }
  return { count, total: labels.length, squares, longest, targets };
}
