/**
 * What the device does between two points where the host waits for it, or many alike together. Kernels with much arithmetic
 * take as long as the slower of their operations and their operands; all others as long as the bytes that they touch.
 */
export interface Phase {
  /** f32 operations of products and attention. */
  readonly flop: number;
  /** Bytes of operands and results of products. */
  readonly operandBytes: number;
  /** Bytes that all other kernels read and write. */
  readonly otherBytes: number;
  readonly dispatches: number;
  /** Points where the host waits for the device. */
  readonly waits: number;
  /** Bytes between host and device, both ways together. */
  readonly transferred: number;
}

/** What the host computes. */
export interface HostWork {
  /** f64 operations of products, which all threads share. */
  readonly productFlop: number;
  /** Σ n³ of symmetric eigenproblems [n, n]. */
  readonly eigenCubes: number;
  /** Elements that one thread reads, converts, adds or looks through, each time. */
  readonly elements: number;
  /** Normally distributed random numbers. */
  readonly normals: number;
  /** Characters of text that are tokenised or scored. */
  readonly characters: number;
  /** Times that the libraries of figures are loaded. */
  readonly libraries: number;
}

/** What a step takes: at one end of what is not known, where infinity says that nothing bounds it. */
export interface Work {
  readonly phases: readonly Phase[];
  readonly host: HostWork;
  /** Bytes that come from the hub. */
  readonly fetched: number;
  /** Bytes of files that are hashed, and of artifacts that are read from disk. */
  readonly read: number;
  /** Bytes and files that the step adds to the store. */
  readonly stored: number;
  readonly objects: number;
  /** Bytes on disk while the step runs. */
  readonly scratch: number;
  /** Most bytes held at a time; those of the process itself are not counted. */
  readonly hostMemory: number;
  readonly deviceMemory: number;
  /** Questions to a judge's server, and tokens of questions and answers. */
  readonly requests: number;
  readonly judgeTokens: number;
}

const noHostWork: HostWork = { productFlop: 0, eigenCubes: 0, elements: 0, normals: 0, characters: 0, libraries: 0 };

const noPhase: Phase = { flop: 0, operandBytes: 0, otherBytes: 0, dispatches: 0, waits: 0, transferred: 0 };

/** A phase of what is named; the rest is 0. */
export function phase(part: Partial<Phase>): Phase {
  return { ...noPhase, ...part };
}

/** Phases as one: for those whose kernels are bound by the same thing. */
export function joined(phases: readonly Phase[]): Phase {
  return phases.reduce(
    (sum, one) => ({
      flop: sum.flop + one.flop,
      operandBytes: sum.operandBytes + one.operandBytes,
      otherBytes: sum.otherBytes + one.otherBytes,
      dispatches: sum.dispatches + one.dispatches,
      waits: sum.waits + one.waits,
      transferred: sum.transferred + one.transferred,
    }),
    noPhase,
  );
}

/** A phase that comes so many times; nothing of it is nothing however often. */
export function times(count: number, one: Phase): Phase {
  return {
    flop: product(count, one.flop),
    operandBytes: product(count, one.operandBytes),
    otherBytes: product(count, one.otherBytes),
    dispatches: product(count, one.dispatches),
    waits: product(count, one.waits),
    transferred: product(count, one.transferred),
  };
}

/** a · b, where nothing times what has no bound is nothing. */
export function product(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b;
}

/** All numbers of work by name, those of phases summed. */
export function namedNumbers({ phases, host, ...rest }: Work): Map<string, number> {
  return new Map([...Object.entries(joined(phases)), ...Object.entries(host), ...Object.entries(rest)]);
}

function addHostWork(a: HostWork, b: HostWork): HostWork {
  return {
    productFlop: a.productFlop + b.productFlop,
    eigenCubes: a.eigenCubes + b.eigenCubes,
    elements: a.elements + b.elements,
    normals: a.normals + b.normals,
    characters: a.characters + b.characters,
    libraries: a.libraries + b.libraries,
  };
}

/** Work of what is named; the rest is 0. */
export function work(part: Partial<Omit<Work, 'host'>> & { readonly host?: Partial<HostWork> }): Work {
  const { host, ...rest } = part;
  return {
    phases: [],
    fetched: 0,
    read: 0,
    stored: 0,
    objects: 0,
    scratch: 0,
    hostMemory: 0,
    deviceMemory: 0,
    requests: 0,
    judgeTokens: 0,
    ...rest,
    host: { ...noHostWork, ...host },
  };
}

/** Both, one after the other: memory is that of the larger one. */
export function addWork(a: Work, b: Work): Work {
  return {
    phases: [...a.phases, ...b.phases],
    host: addHostWork(a.host, b.host),
    fetched: a.fetched + b.fetched,
    read: a.read + b.read,
    stored: a.stored + b.stored,
    objects: a.objects + b.objects,
    scratch: Math.max(a.scratch, b.scratch),
    hostMemory: Math.max(a.hostMemory, b.hostMemory),
    deviceMemory: Math.max(a.deviceMemory, b.deviceMemory),
    requests: a.requests + b.requests,
    judgeTokens: a.judgeTokens + b.judgeTokens,
  };
}
