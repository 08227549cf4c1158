/**
 * The inputs, or the outputs, of a kind of step: name → what it is. A name that ends in `?` may be missing. A part in angle
 * brackets stands for any text, so that `basis/<tensor>` is any number of ports.
 */
export type Ports = Readonly<Record<string, string>>;

/** @returns what is wrong with these names of inputs or outputs; undefined when nothing is */
export function portProblem(ports: Ports, names: readonly string[]): string | undefined {
  const { single, many } = portsOf(ports);
  const strange = names.find((name) => !single.has(name) && !many.some((pattern) => pattern.test(name)));
  if (strange !== undefined) return `"${strange}" is not declared`;
  const given = new Set(names);
  const missing = [...single].find(([name, required]) => required && !given.has(name));
  return missing === undefined ? undefined : `"${missing[0]}" is missing`;
}

interface ReadPorts {
  /** Name → whether it must be there. */
  readonly single: ReadonlyMap<string, boolean>;
  readonly many: readonly RegExp[];
}

const read = new WeakMap<Ports, ReadPorts>();

function portsOf(ports: Ports): ReadPorts {
  const known = read.get(ports);
  if (known !== undefined) return known;
  const names = Object.keys(ports);
  const single = names.filter((name) => !name.includes('<'));
  const made = {
    single: new Map(single.map((name) => [name.replace(/\?$/, ''), !name.endsWith('?')])),
    many: names.filter((name) => name.includes('<')).map(patternOf),
  };
  read.set(ports, made);
  return made;
}

function patternOf(name: string): RegExp {
  const parts = name.split(/<[^>]*>/).map((text) => text.replace(/[.\\/]/g, '\\$&'));
  return new RegExp(`^${parts.join('.+')}$`);
}
