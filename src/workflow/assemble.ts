import { basename, dirname, isAbsolute, join, normalize, relative, resolve } from 'node:path';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import { digestOf } from '../formats/digest.js';
import { staysInside } from '../formats/inner-path.js';
import { naturalOrder } from '../formats/natural-order.js';
import { type DocumentNode, type MapEntry, type MapNode, nodeAt } from './document.js';
import { noSuchFile, type WorkflowFiles } from './files.js';
import { type FileLayer, type Included, isEmpty, layersInOrder, overlay } from './layers.js';
import { limits, parseYaml } from './parse.js';
import { errorAt, problemOf, suggestion } from './problems.js';
import { inlineProfiles, modelsOf, namesOfProfiles, type Profile, type Profiles } from './profiles.js';
import { rangeOf, SourceText } from './source-text.js';
import { nameRule } from './value-text.js';
import type { FileText, WorkflowFile } from './workflow.js';

/** One document from a workflow file, the files it includes and its profile. */
export interface Assembled {
  readonly root: MapNode;
  readonly files: readonly WorkflowFile[];
  /** The text of each file. */
  readonly texts: readonly FileText[];
  readonly profile: string | undefined;
  /** The profile that the workflow itself names. */
  readonly ownProfile: string | undefined;
  /** What `matrix` says: which workflows are to be made of the document. */
  readonly matrix: MapEntry | undefined;
}

const mostFiles = 50;
const referenceHint = 'Files are included before any reference is resolved: write the name itself.';
/** A workflow may come from elsewhere: it must not show or use files that did not come with it. */
const insideHint = 'Files of a workflow lie in its folder or below it, where links lead too.';

/** Pattern of the schema; what is assembled is no part of the document that the schema sees. */
const profileName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Keys that say how documents are put together. */
const layerKeys = ['include', 'profile', 'profiles'] as const;

/** Keys that the assembled document has no more. */
export const assemblyKeys = [...layerKeys, 'matrix'] as const;

/**
 * Reads a workflow and lays over one another, from weakest to strongest: what it includes, itself, its profile (the
 * order is that of layers.ts).
 */
export class Assembler {
  readonly problems: Diagnostic[] = [];
  readonly #disk: WorkflowFiles;
  readonly #root: string;
  readonly #rootName: string;
  readonly #files = new Map<string, WorkflowFile>();
  readonly #texts: FileText[] = [];
  /** Layers by real path; undefined: what is wrong with it has been said. */
  readonly #layers = new Map<string, FileLayer | undefined>();
  /** Real paths of the files whose includes are being read. */
  readonly #open: string[] = [];

  /** `name`: the workflow's path as the user wrote it. */
  constructor(name: string, disk: WorkflowFiles) {
    this.#rootName = name;
    this.#root = resolve(name);
    this.#disk = disk;
  }

  async assemble(profileAsked: string | undefined): Promise<Assembled | undefined> {
    const own = await this.#layer(this.#rootName, undefined);
    if (own === undefined) return undefined;
    const layers = this.#inOrder([{ layer: own }]);
    for (const { document } of layers) this.#checkProfiles(document);
    const ownProfile = this.#ownProfile(layers);
    const chosen = profileAsked ?? ownProfile;
    const profile = chosen === undefined ? undefined : await this.#profile(layers, chosen, profileAsked !== undefined);
    const all = profile?.file === undefined ? layers : this.#inOrder([{ layer: own }, profile.file]);
    for (const layer of all) if (!layers.includes(layer)) this.#refuseProfilesOf(layer);
    const documents = [...all.map(({ document }) => document), ...(profile?.inline ?? [])];
    const whole = documents.reduce((under, over) => this.#overlay(under, over));
    const entries = new Map([...whole.entries].filter(([key]) => !(assemblyKeys as readonly string[]).includes(key)));
    const { place } = own.document;
    // Every file's version has been checked, with what is wrong said once.
    entries.set('runflow', { key: place, value: { kind: 'scalar', value: 1, place } });
    const root: MapNode = { kind: 'map', entries, place };
    const files = [...this.#files.values()];
    return { root, files, texts: this.#texts, profile: chosen, ownProfile, matrix: whole.entries.get('matrix') };
  }

  /** Every profile that the workflow may be read with, and which of them it names itself. */
  async profiles(): Promise<Profiles | undefined> {
    const own = await this.#layer(this.#rootName, undefined);
    if (own === undefined) return undefined;
    const layers = this.#inOrder([{ layer: own }]);
    for (const { document } of layers) this.#checkProfiles(document);
    const { folder, names } = this.#profileFiles();
    const known = new Set([...layers.flatMap(({ document }) => namesOfProfiles(document)), ...names]);
    const profiles: Profile[] = [];
    for (const name of [...known].sort(naturalOrder)) {
      this.#files.clear(); // the limit is on the files of one profile
      const inline = inlineProfiles(layers, name);
      const node = { kind: 'scalar', value: name, place: own.document.place } as const;
      const layer = names.includes(name) ? await this.#profileLayer(folder, name, node) : undefined;
      const files = layer === undefined ? [] : this.#inOrder([{ layer }]).map(({ document }) => document);
      const models = modelsOf([...files, ...inline.map(({ value }) => value)]);
      profiles.push({ name, models, file: layer?.name, places: inline.map(({ key }) => rangeOf(key)) });
    }
    return { profiles, own: this.#ownProfile(layers) };
  }

  /** A file with what it includes, read once. `from`: where it is asked for; undefined for the workflow itself. */
  async #layer(name: string, from: DocumentNode | undefined): Promise<FileLayer | undefined> {
    const file = resolve(name);
    const real = this.#disk.realPath(file);
    if (this.#open.includes(real)) {
      const chain = [...this.#open.slice(this.#open.indexOf(real)), real].map((path) => basename(path));
      const message = `a file includes itself: ${chain.join(' → ')}`;
      this.#refuse(from!, 'cyclic-include', message, 'Remove one of the includes.');
      return undefined;
    }
    if (this.#layers.has(real)) return this.#layers.get(real);
    this.#open.push(real);
    const layer = await this.#readLayer(name, file, from);
    this.#open.pop();
    this.#layers.set(real, layer);
    return layer;
  }

  async #readLayer(name: string, file: string, from: DocumentNode | undefined): Promise<FileLayer | undefined> {
    const source = this.#read(name, file, from);
    if (source === undefined) return undefined;
    const parsed = await parseYaml(source);
    if (!parsed.ok) {
      this.problems.push(...parsed.diagnostics);
      return undefined;
    }
    const document = parsed.value;
    this.#checkVersion(document);
    const includes: Included[] = [];
    for (const included of this.#includes(document)) {
      const layer = await this.#layer(included.name, included.node);
      if (includes.some((earlier) => earlier.layer === layer)) {
        this.#refuse(included.node, 'duplicate-include', `${included.name} is listed twice`, 'Keep one of them.');
        break;
      }
      if (layer !== undefined) includes.push({ layer, node: included.node });
    }
    return { name, document, includes };
  }

  #inOrder(tops: readonly Included[]): readonly FileLayer[] {
    const { order, disputes } = layersInOrder(tops);
    for (const { first, second, key, node } of disputes) {
      const message = `${first.name} and ${second.name} both give ${key}, and each is to win over the other`;
      const hint =
        'A file wins over what it includes, and over what is listed before it. List each once, in that order.';
      this.problems.push(errorAt((node ?? second.document).place, { code: 'contradictory-order', message, hint }));
    }
    return order;
  }

  #overlay(under: MapNode, over: MapNode): MapNode {
    for (const [key, { key: place, value }] of over.entries) {
      const below = under.entries.get(key);
      if (below !== undefined && value.kind === 'map' && value.entries.size === 0) {
        const message = `${key} is empty here, and that removes nothing of what this is laid over`;
        const hint = 'Remove it here, or take what it is to be without out of what is included.';
        const related = [{ message: 'given here', range: rangeOf(below.key) }];
        this.problems.push(errorAt(place, { code: 'empty-section', message, hint, related }));
        continue;
      }
      if (below === undefined || isEmpty(value) || isEmpty(below.value) || below.value.kind === value.kind) continue;
      const message = `${key} is ${kindOf(value)} here and ${kindOf(below.value)} in what this is laid over`;
      const related = [{ message: 'given here', range: rangeOf(below.key) }];
      this.problems.push(errorAt(place, { code: 'wrong-type', message, related }));
    }
    return overlay(under, over);
  }

  #read(name: string, file: string, from: DocumentNode | undefined): SourceText | undefined {
    const read = this.#disk.read(file, limits.characters + 1);
    if ('problem' in read) {
      const message = `cannot read ${name}: ${read.problem}`;
      const isReference = name.includes('${');
      const meant = isReference ? referenceHint : read.problem === noSuchFile ? this.#nearFile(name) : undefined;
      if (from === undefined) this.problems.push(problemOf({ code: 'unreadable-file', message, hint: meant }));
      else this.#refuse(from, 'unreadable-file', message, meant);
      return undefined;
    }
    if (this.#files.size >= mostFiles && !this.#files.has(file)) {
      this.#refuse(from!, 'too-many-files', `more than ${mostFiles} files are included`);
      return undefined;
    }
    // First: what was cut may end within a character.
    const isTooLarge = read.bytes.length > limits.characters;
    const text = isTooLarge ? undefined : decode(read.bytes);
    if (text === undefined) {
      const source = new SourceText(name, dirname(file), '');
      const message = isTooLarge
        ? `the file is larger than ${limits.characters / 1024} KB`
        : 'the file is not UTF-8 text';
      const hint = isTooLarge ? 'Move parts of it to files that are included.' : 'Save it as UTF-8.';
      this.problems.push(errorAt({ source, start: 0, end: 0 }, { code: 'unreadable-file', message, hint }));
      return undefined;
    }
    this.#files.set(file, { file, digest: digestOf(read.bytes) });
    this.#texts.push({ file, text });
    return new SourceText(name, dirname(file), text);
  }

  /** A workflow beside the one that is not there, whose name is nearly the same or only ends otherwise. */
  #nearFile(name: string): string | undefined {
    const given = basename(name);
    const files = this.#disk.list(dirname(resolve(name))).filter((file) => /\.ya?ml$/.test(file));
    const stem = (file: string) => file.replace(/\.ya?ml$/, '').normalize();
    const same = files.find((file) => stem(file) === stem(given));
    const meant = same ?? nearest(given, files);
    return meant === undefined ? undefined : didYouMean(name, join(dirname(name), meant));
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
        this.#refuse(node, 'path-escape', `${node.value} is outside the workflow's folder`, insideHint);
      } else found.push({ name, node });
    }
    return found;
  }

  /** Judged as written and again without symbolic links. */
  #inside(file: string): boolean {
    const folder = dirname(this.#root);
    const isBelow = (path: string, above: string) => {
      const way = relative(above, path);
      return way !== '' && staysInside(way);
    };
    return isBelow(file, folder) && isBelow(this.#disk.realPath(file), this.#disk.realPath(folder));
  }

  #ownProfile(layers: readonly FileLayer[]): string | undefined {
    const node = layers
      .findLast(({ document }) => document.entries.has('profile'))
      ?.document.entries.get('profile')?.value;
    if (node === undefined) return undefined;
    if (node.kind === 'scalar' && typeof node.value === 'string') return node.value;
    this.#refuse(node, 'wrong-type', 'profile must be the name of a profile', 'For example: profile: toy');
    return undefined;
  }

  #checkProfiles(document: MapNode): void {
    const profiles = document.entries.get('profiles')?.value;
    if (profiles === undefined || isEmpty(profiles)) return;
    if (profiles.kind !== 'map') this.#refuse(profiles, 'wrong-type', 'profiles must be a mapping of profiles by name');
    else {
      for (const [name, { key: place, value }] of profiles.entries) {
        if (!profileName.test(name)) {
          const message = `"${name}" cannot be a name in profiles`;
          this.problems.push(errorAt(place, { code: 'invalid-name', message, hint: nameRule(profileName.source) }));
        }
        if (value.kind !== 'map') {
          this.#refuse(value, 'wrong-type', `profiles.${name} must be a mapping of sections`);
          continue;
        }
        for (const key of ['runflow', ...layerKeys]) {
          const entry = value.entries.get(key);
          if (entry === undefined) continue;
          const hint = `Sections only stand there; what else a profile needs goes into profiles/${name}.yaml.`;
          this.problems.push(
            errorAt(entry.key, { code: 'unknown-key', message: `profiles.${name} cannot have "${key}"`, hint }),
          );
        }
      }
    }
  }

  /** Refuses profiles in a profile's file, and in what only profiles include. */
  #refuseProfilesOf({ document }: FileLayer): void {
    for (const key of ['profile', 'profiles']) {
      const entry = document.entries.get(key);
      if (entry === undefined) continue;
      const message = `a profile lies over a workflow and has no "${key}" of its own`;
      this.problems.push(errorAt(entry.key, { code: 'unknown-key', message, hint: 'Move it to the workflow.' }));
    }
  }

  /** A profile's parts, weakest first: profiles/NAME.yaml, and what stands under `profiles:`. */
  async #profile(
    layers: readonly FileLayer[],
    name: string,
    isAsked: boolean,
  ): Promise<{ readonly file: Included | undefined; readonly inline: readonly MapNode[] } | undefined> {
    const place = isAsked
      ? { source: new SourceText('--profile', dirname(this.#root), name), start: 0, end: name.length }
      : layers.findLast(({ document }) => document.entries.has('profile'))!.document.entries.get('profile')!.value
          .place;
    const inline = inlineProfiles(layers, name).map(({ value }) => value as MapNode);
    const { folder, files, names } = this.#profileFiles();
    if (names.includes(name)) {
      const node = { kind: 'scalar', value: name, place } as const;
      const layer = await this.#profileLayer(folder, name, node);
      return { file: layer && { layer, node }, inline };
    }
    // A profile that is no mapping has been told of.
    if (layers.some(({ document }) => nodeAt(document, ['profiles', name]))) return { file: undefined, inline };
    const known = new Set([...layers.flatMap(({ document }) => namesOfProfiles(document)), ...names]);
    const bare = basename(name).replace(/\.ya?ml$/, '');
    const otherwise = files.find((file) => file.normalize() === `${name}.yml`.normalize() || file === name);
    const hint = known.has(bare)
      ? didYouMean(name, bare)
      : otherwise !== undefined
        ? `Rename ${join(folder, otherwise)} to ${bare}.yaml: the files of profiles end in .yaml.`
        : (suggestion(name, known) ?? `Define it under profiles: or in ${join(folder, 'NAME.yaml')}.`);
    this.problems.push(errorAt(place, { code: 'unknown-profile', message: `there is no profile "${name}"`, hint }));
    return undefined;
  }

  /** The folder of profiles beside the workflow, what it holds, and the names of profiles there. */
  #profileFiles(): { readonly folder: string; readonly files: readonly string[]; readonly names: readonly string[] } {
    const folder = join(dirname(this.#rootName), 'profiles');
    const files = this.#disk.list(resolve(folder));
    return { folder, files, names: files.flatMap((file) => file.match(/^(.+)\.yaml$/)?.[1] ?? []) };
  }

  async #profileLayer(folder: string, name: string, node: DocumentNode): Promise<FileLayer | undefined> {
    const file = join(folder, `${name}.yaml`);
    if (this.#inside(resolve(file))) return this.#layer(file, node);
    this.#refuse(node, 'path-escape', `${file} leads outside the workflow's folder`, insideHint);
    return undefined;
  }

  #refuse(node: DocumentNode, code: string, message: string, hint?: string): void {
    this.problems.push(errorAt(node.place, { code, message, hint }));
  }
}

function kindOf({ kind }: DocumentNode): string {
  return kind === 'map' ? 'a mapping' : kind === 'list' ? 'a list' : 'a single value';
}

/** Undefined of what is no UTF-8. UTF-16 without a mark at its beginning would be, but for its zeros. */
function decode(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
