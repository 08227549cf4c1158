import { basename, dirname, isAbsolute, join, normalize, relative, resolve, sep } from 'node:path';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { digestOf } from '../formats/digest.js';
import { type DocumentNode, type MapEntry, type MapNode, nodeAt, valuePlace } from './document.js';
import type { WorkflowFiles } from './files.js';
import { limits, parseYaml } from './parse.js';
import { errorAt, suggestion } from './problems.js';
import { SourceText } from './source-text.js';
import type { WorkflowFile } from './workflow.js';

/** One document from a workflow file, the files it includes and its profile. */
export interface Assembled {
  readonly root: MapNode;
  readonly files: readonly WorkflowFile[];
  readonly profile: string | undefined;
}

const mostFiles = 50;

/** Keys that say how documents are put together; the assembled document has them no more. */
export const assemblyKeys = ['include', 'profile', 'profiles'] as const;

/**
 * Reads a workflow and lays over one another, from weakest to strongest: what it includes, itself, its profile.
 * A definition (`models.base`) of the stronger document replaces that of the weaker one whole; params and settings of
 * the report do so one by one.
 */
export class Assembler {
  readonly problems: Diagnostic[] = [];
  readonly #disk: WorkflowFiles;
  readonly #root: string;
  readonly #rootName: string;
  readonly #files = new Map<string, WorkflowFile>();
  /** Real paths of the files whose includes are being read. */
  readonly #open: string[] = [];

  /** `name`: the workflow's path as the user wrote it. */
  constructor(name: string, disk: WorkflowFiles) {
    this.#rootName = name;
    this.#root = resolve(name);
    this.#disk = disk;
  }

  async assemble(profileAsked: string | undefined): Promise<Assembled | undefined> {
    const own = await this.#document(this.#rootName, undefined);
    if (own === undefined) return undefined;
    const profile = profileAsked ?? this.#defaultProfile(own);
    const over = profile === undefined ? undefined : await this.#profile(own, profile, profileAsked !== undefined);
    const whole = over === undefined ? own : overlay(own, over);
    const entries = new Map([...whole.entries].filter(([key]) => !(assemblyKeys as readonly string[]).includes(key)));
    const { place } = whole;
    // Every file's version has been checked, with what is wrong said once.
    entries.set('runflow', { key: place, value: { kind: 'scalar', value: 1, place } });
    return { root: { ...whole, entries }, files: [...this.#files.values()], profile };
  }

  /** A file with what it includes. `from`: where it is asked for; undefined for the workflow itself. */
  async #document(name: string, from: DocumentNode | undefined): Promise<MapNode | undefined> {
    const file = resolve(name);
    const real = this.#disk.realPath(file);
    if (this.#open.includes(real)) {
      const chain = [...this.#open.slice(this.#open.indexOf(real)), real].map((path) => basename(path));
      this.#refuse(
        from!,
        'cyclic-include',
        `a file includes itself: ${chain.join(' → ')}`,
        'Remove one of the includes.',
      );
      return undefined;
    }
    const source = this.#read(name, file, from);
    if (source === undefined) return undefined;
    const parsed = await parseYaml(source);
    if (!parsed.ok) {
      this.problems.push(...parsed.diagnostics);
      return undefined;
    }
    const own = parsed.value;
    this.#checkVersion(own);
    this.#open.push(real);
    let whole: MapNode | undefined;
    for (const included of this.#includes(own)) {
      const document = await this.#document(included.name, included.node);
      if (document !== undefined) whole = whole === undefined ? document : overlay(whole, document);
    }
    this.#open.pop();
    return whole === undefined ? own : overlay(whole, own);
  }

  #read(name: string, file: string, from: DocumentNode | undefined): SourceText | undefined {
    const read = this.#disk.read(file, limits.characters + 1);
    if ('problem' in read) {
      const message = `cannot read ${name}: ${read.problem}`;
      if (from === undefined) this.problems.push({ severity: 'error', code: 'unreadable-file', message });
      else this.#refuse(from, 'unreadable-file', message);
      return undefined;
    }
    if (this.#files.size >= mostFiles && !this.#files.has(file)) {
      this.#refuse(from!, 'too-many-files', `more than ${mostFiles} files are included`);
      return undefined;
    }
    const text = decode(read.bytes);
    if (text === undefined || text.length > limits.characters) {
      const source = new SourceText(name, dirname(file), '');
      const message =
        text === undefined ? 'the file is not UTF-8 text' : `the file is larger than ${limits.characters / 1024} KB`;
      const hint = text === undefined ? undefined : 'Move parts of it to files that are included.';
      this.problems.push(errorAt({ source, start: 0, end: 0 }, { code: 'unreadable-file', message, hint }));
      return undefined;
    }
    this.#files.set(file, { file, digest: digestOf(read.bytes) });
    return new SourceText(name, dirname(file), text);
  }

  #checkVersion(document: MapNode): void {
    const version = document.entries.get('runflow');
    if (version?.value.kind === 'scalar' && version.value.value === 1) return;
    const hint = 'Begin with "runflow: 1".';
    if (version === undefined) {
      const top = { ...document.place, end: document.place.start };
      this.problems.push(errorAt(top, { code: 'missing-key', message: 'the file lacks "runflow"', hint }));
    } else this.#refuse(version.value, 'unknown-version', 'this runflow reads version 1 of the language only', hint);
  }

  /** Files named by `include`, checked to lie inside the workflow's folder. */
  #includes(document: MapNode): { name: string; node: DocumentNode }[] {
    const include = document.entries.get('include')?.value;
    if (include === undefined) return [];
    if (include.kind !== 'list') {
      this.#refuse(include, 'wrong-type', 'include must be a list of files', 'For example: include: [lab.yaml]');
      return [];
    }
    const found: { name: string; node: DocumentNode }[] = [];
    for (const node of include.items) {
      if (node.kind !== 'scalar' || typeof node.value !== 'string' || node.value === '' || node.value.includes('\0')) {
        this.#refuse(node, 'wrong-type', 'include must be a list of files', 'For example: include: [lab.yaml]');
        continue;
      }
      const name = normalize(join(dirname(document.place.source.name), node.value));
      if (isAbsolute(node.value) || !this.#inside(resolve(name))) {
        const hint = 'Included files lie in the folder of the workflow or below it.';
        this.#refuse(node, 'path-escape', `${node.value} is outside the workflow's folder`, hint);
      } else found.push({ name, node });
    }
    return found;
  }

  /** Judged as written and again without symbolic links. */
  #inside(file: string): boolean {
    const folder = dirname(this.#root);
    const isBelow = (path: string, above: string) => {
      const way = relative(above, path);
      return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
    };
    return isBelow(file, folder) && isBelow(this.#disk.realPath(file), this.#disk.realPath(folder));
  }

  #defaultProfile(document: MapNode): string | undefined {
    const node = document.entries.get('profile')?.value;
    if (node === undefined) return undefined;
    if (node.kind === 'scalar' && typeof node.value === 'string') return node.value;
    this.#refuse(node, 'wrong-type', 'profile must be the name of a profile', 'For example: profile: toy');
    return undefined;
  }

  /** The sections of a profile: those of profiles/NAME.yaml, and laid over them those under `profiles:`. */
  async #profile(document: MapNode, name: string, isAsked: boolean): Promise<MapNode | undefined> {
    const place = isAsked
      ? { source: new SourceText('--profile', dirname(this.#root), name), start: 0, end: name.length }
      : valuePlace(document, ['profile']);
    const inline = nodeAt(document, ['profiles', name]);
    if (inline !== undefined && inline.kind !== 'map') {
      this.#refuse(inline, 'wrong-type', `profiles.${name} must be a mapping of sections`);
      return undefined;
    }
    const folder = join(dirname(this.#rootName), 'profiles');
    const onDisk = this.#disk.list(resolve(folder)).flatMap((file) => file.match(/^(.+)\.yaml$/)?.[1] ?? []);
    if (onDisk.includes(name)) {
      const file = await this.#document(join(folder, `${name}.yaml`), { kind: 'scalar', value: name, place });
      return file === undefined || inline === undefined ? (file ?? inline) : overlay(file, inline);
    }
    if (inline !== undefined) return inline;
    const profiles = document.entries.get('profiles')?.value;
    const known = [...(profiles?.kind === 'map' ? profiles.entries.keys() : []), ...onDisk];
    const hint = suggestion(name, known) ?? `Define it under profiles: or in ${join(folder, 'NAME.yaml')}.`;
    this.problems.push(errorAt(place, { code: 'unknown-profile', message: `there is no profile "${name}"`, hint }));
    return undefined;
  }

  #refuse(node: DocumentNode, code: string, message: string, hint?: string): void {
    this.problems.push(errorAt(node.place, { code, message, hint }));
  }
}

/** `over` laid on `under`: top-level mappings are joined key by key, everything else is replaced. */
export function overlay(under: MapNode, over: MapNode): MapNode {
  const entries = new Map<string, MapEntry>(under.entries);
  for (const [key, entry] of over.entries) {
    const below = entries.get(key);
    if (below?.value.kind === 'map' && entry.value.kind === 'map') {
      const joined = new Map([...below.value.entries, ...entry.value.entries]);
      entries.set(key, { key: entry.key, value: { ...entry.value, entries: joined } });
    } else entries.set(key, entry);
  }
  return { ...over, entries };
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
