import { DataError } from '../diagnostics/errors.js';
import { listNames } from './file-access.js';

/**
 * What beginnings of tensor names in a file become: `{ "_orig_mod.": "" }`. Of several that a name begins with the longest
 * counts. Tensors whose names begin with none are left out.
 */
export type NamePrefixes = Readonly<Record<string, string>>;

export interface Renamed<Tensor> {
  readonly tensors: readonly Tensor[];
  /** Names in the file of those under none of the prefixes. */
  readonly leftOut: readonly string[];
}

/**
 * Gives tensors the names that prefixes make of theirs.
 * @param where the file or folder, for messages
 * @throws DataError when a prefix begins no name, or two tensors get one name
 */
export function renameTensors<Tensor extends { readonly name: string }>(
  tensors: readonly Tensor[],
  prefixes: NamePrefixes,
  where: string,
): Renamed<Tensor> {
  const known = Object.keys(prefixes);
  const origins = new Map<string, string>();
  const used = new Set<string>();
  const leftOut: string[] = [];
  const renamed = tensors.flatMap((tensor) => {
    const prefix = longestPrefix(tensor.name, known);
    if (prefix === undefined) {
      leftOut.push(tensor.name);
      return [];
    }
    used.add(prefix);
    const name = `${prefixes[prefix]}${tensor.name.slice(prefix.length)}`;
    const other = origins.get(name);
    if (other !== undefined) {
      throw new DataError(`${where}: ${other} and ${tensor.name} would both be called ${name}`, {
        hint: 'Under `names`, leave out one of the two beginnings, or let it become another.',
      });
    }
    origins.set(name, tensor.name);
    return [{ ...tensor, name }];
  });
  const unused = known.find((prefix) => !used.has(prefix));
  if (unused !== undefined) {
    throw new DataError(`${where}: no tensor has a name that begins with "${unused}"`, {
      hint: `Its names are ${listNames(
        tensors.map(({ name }) => name),
        4,
      )}. Correct the beginning under \`names\`.`,
    });
  }
  return { tensors: renamed, leftOut };
}

function longestPrefix(name: string, prefixes: readonly string[]): string | undefined {
  let longest: string | undefined;
  for (const prefix of prefixes) {
    if (name.startsWith(prefix) && (longest === undefined || prefix.length > longest.length)) longest = prefix;
  }
  return longest;
}

/** Names of a decoder whose tensors say what stands before them: the layers, embedding and norm, then the output layer. */
const anchors = [/(?:^|\.)(embed_tokens\.weight)$/, /(?:^|\.)(layers\.0\..*)$/, /(?:^|\.)(lm_head\.weight)$/];

/**
 * The prefixes under which names of a wrapped model (by torch.compile, DDP, PEFT, or as the text part of a multimodal one) are
 * those of a plain one; undefined when none makes more names fit.
 */
export function fittingPrefixes(names: readonly string[], wanted: ReadonlySet<string>): NamePrefixes | undefined {
  const prefixes: Record<string, string> = {};
  for (const anchor of anchors) {
    const [own] = names.flatMap((name) => before(name, anchor) ?? []);
    const [other] = [...wanted].flatMap((name) => before(name, anchor) ?? []);
    if (own === undefined || other === undefined) continue;
    const [from, to] = withoutCommonEnd(own.prefix, other.prefix);
    if (from !== '') prefixes[from] = to;
    // Where nothing stands before the names, their own first parts say which are meant.
    else
      for (const name of names.filter((name) => wanted.has(`${to}${name}`)))
        prefixes[headOf(name)] = `${to}${headOf(name)}`;
  }
  const known = Object.keys(prefixes);
  const renamed = names.flatMap((name) => {
    const prefix = longestPrefix(name, known);
    return prefix === undefined ? [] : [`${prefixes[prefix]}${name.slice(prefix.length)}`];
  });
  const count = (all: readonly string[]) => all.filter((name) => wanted.has(name)).length;
  return count(renamed) > count(names) ? prefixes : undefined;
}

function headOf(name: string): string {
  return name.slice(0, name.indexOf('.') + 1);
}

function before(name: string, anchor: RegExp): { readonly prefix: string; readonly rest: string } | undefined {
  const rest = anchor.exec(name)?.[1];
  return rest === undefined ? undefined : { prefix: name.slice(0, name.length - rest.length), rest };
}

/** Two prefixes without the parts at their ends in which they agree: `language_model.model.` and `model.`: `language_model.` and none. */
function withoutCommonEnd(a: string, b: string): [string, string] {
  const [left, right] = [a.split('.').slice(0, -1), b.split('.').slice(0, -1)];
  while (left.length > 0 && right.length > 0 && left.at(-1) === right.at(-1)) {
    left.pop();
    right.pop();
  }
  return [left.map((part) => `${part}.`).join(''), right.map((part) => `${part}.`).join('')];
}

/** Text as a workflow writes it: `names: { "_orig_mod.": "" }`. */
export function prefixesText(prefixes: NamePrefixes): string {
  const pairs = Object.entries(prefixes).map(([from, to]) => `${JSON.stringify(from)}: ${JSON.stringify(to)}`);
  return `names: { ${pairs.join(', ')} }`;
}
