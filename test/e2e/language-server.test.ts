import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Sandbox } from '../sandbox.js';

const binary = fileURLToPath(new URL('../../../bin/runflow.js', import.meta.url));

/** An editor, as far as the protocol goes: messages with a Content-Length over stdin and stdout of `runflow lsp`. */
class Editor {
  readonly #child: ChildProcess;
  readonly #answers = new Map<number, (result: unknown) => void>();
  readonly #diagnostics = new Map<string, (shown: readonly Shown[]) => void>();
  #received = Buffer.alloc(0);
  #id = 0;

  constructor(folder: string) {
    this.#child = spawn(process.execPath, [binary, 'lsp', '--stdio'], {
      cwd: folder,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout!.on('data', (part: Buffer) => {
      this.#received = Buffer.concat([this.#received, part]);
      this.#read();
    });
  }

  get ended(): Promise<number | null> {
    return new Promise((resolve) => this.#child.once('exit', resolve));
  }

  notify(method: string, params: unknown): void {
    this.#send({ method, params });
  }

  request<T>(method: string, params: unknown): Promise<T> {
    const id = ++this.#id;
    this.#send({ id, method, params });
    return new Promise((resolve) => this.#answers.set(id, resolve as (result: unknown) => void));
  }

  /** What is shown next of a file. */
  shown(uri: string): Promise<readonly Shown[]> {
    return new Promise((resolve) => this.#diagnostics.set(uri, resolve));
  }

  open(uri: string, text: string): Promise<readonly Shown[]> {
    const shown = this.shown(uri);
    this.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } });
    return shown;
  }

  #send(message: object): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.#child.stdin!.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  #read(): void {
    for (;;) {
      const header = /^Content-Length: (\d+)\r\n(?:.*\r\n)*?\r\n/.exec(this.#received.toString('latin1'));
      if (header === null) return;
      const end = header[0].length + Number(header[1]);
      if (this.#received.length < end) return;
      const message = JSON.parse(this.#received.subarray(header[0].length, end).toString()) as Message;
      this.#received = this.#received.subarray(end);
      if (message.method === 'textDocument/publishDiagnostics') {
        this.#diagnostics.get(message.params!.uri)?.(message.params!.diagnostics);
      } else if (message.id != null && message.method === undefined) this.#answers.get(message.id)?.(message.result);
    }
  }
}

interface Shown {
  readonly message: string;
  readonly severity: number;
  readonly range: Range;
}

interface Message {
  readonly id?: number | null;
  readonly method?: string;
  readonly params?: { readonly uri: string; readonly diagnostics: readonly Shown[] };
  readonly result?: unknown;
}

interface Range {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

const lab = `runflow: 1
params: { lr: 1.0e-4 }
models:
  base: { path: base }
`;

const study = `runflow: 1
include: [lab.yaml]
models:
  aligned: { path: aligned }
  tuned: { finetune: aligned, on: words, recipe: full }
datasets:
  words: { synthetic: problems, rows: 8, seed: 1 }
recipes:
  full: { lr: "\${params.lr}", steps: 1 }
updates:
  alignment: { from: base, to: aligned }
  tuning: { from: aligned, to: tuned }
subspaces:
  top-k: { kind: top-k, of: alignment }
sweeps:
  inside: { project: tuning, onto: top-k, mode: parallel, fractions: [0.5] }
`;

interface Context {
  sandbox: Sandbox;
  editor: Editor;
}

const test = suite<Context>('language server');

test.before(async (context) => {
  context.sandbox = await Sandbox.make();
  await context.sandbox.write('lab.yaml', lab);
  await context.sandbox.write('study.yaml', study);
  await mkdir(context.sandbox.path('profiles'));
  await context.sandbox.write('profiles/small.yaml', 'runflow: 1\nupdates:\n  alignment: { from: base, to: bas }\n');
  context.editor = new Editor(context.sandbox.folder);
  await context.editor.request('initialize', { processId: null, rootUri: null, capabilities: {} });
  context.editor.notify('initialized', {});
});

test.after(async ({ sandbox, editor }) => {
  const { ended } = editor;
  await editor.request('shutdown', null);
  editor.notify('exit', null);
  assert.is(await ended, 0);
  await sandbox.remove();
});

const uriOf = ({ sandbox }: Context, name: string) => pathToFileURL(sandbox.path(name)).href;

function messageText(message: object): string {
  const text = JSON.stringify({ jsonrpc: '2.0', ...message });
  return `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

/** What `runflow lsp` answers when its input ends behind what it is given. */
function answersTo({ sandbox }: Context, ...input: readonly (object | string)[]) {
  const initialize = { id: 1, method: 'initialize', params: { processId: null, rootUri: null, capabilities: {} } };
  const all = [initialize, { method: 'initialized', params: {} }, ...input];
  const { status, stdout, stderr } = spawnSync(process.execPath, [binary, 'lsp', '--stdio'], {
    cwd: sandbox.folder,
    input: all.map((one) => (typeof one === 'string' ? one : messageText(one))).join(''),
    encoding: 'utf8',
  });
  assert.is(stderr, '');
  assert.is(status, 0);
  const messages = stdout.split(/Content-Length: \d+\r\n\r\n/).slice(1);
  return messages
    .map(
      (text) => JSON.parse(text) as Message & { readonly error?: { readonly code: number; readonly message: string } },
    )
    .filter(({ id }) => id !== undefined && id !== 1);
}

const opened = (uri: string) => ({
  method: 'textDocument/didOpen',
  params: { textDocument: { uri, languageId: 'yaml', version: 1, text: study } },
});
const hoverOver = (uri: string, needle: string) => ({
  id: 2,
  method: 'textDocument/hover',
  params: { textDocument: { uri }, position: position(study, needle) },
});

test('what was asked is answered though the input ends behind it', (context) => {
  const uri = uriOf(context, 'study.yaml');
  const hover = hoverOver(uri, 'aligned: { path');
  const answers = answersTo(context, opened(uri), hover, { id: 3, method: 'shutdown' }, { method: 'exit' });
  assert.match(JSON.stringify(answers.find(({ id }) => id === 2)!.result), /models\.aligned/);
  assert.equal(answers.map(({ id }) => id).sort(), [2, 3]);
  assert.match(JSON.stringify(answersTo(context, opened(uri), hoverOver(uri, 'aligned: { path'))), /models\.aligned/);
});

test('parameters and addresses that name no place are told, and end nothing', (context) => {
  const uri = uriOf(context, 'study.yaml');
  const hover = (id: number, params: object) => ({ id, method: 'textDocument/hover', params });
  const answers = answersTo(
    context,
    ...[opened('file://elsewhere/x.yaml'), opened('file:///a%2Fb.yaml'), opened(uri)],
    hover(3, { nope: 1 }),
    hover(4, { textDocument: { uri: 5 }, position: null }),
    hover(5, { textDocument: { uri }, position: { line: -1, character: 'x' } }),
    hoverOver(uri, 'aligned: { path'),
  );
  assert.equal(answers.map(({ id, error }) => [id, error?.code]).sort(), [
    [2, undefined],
    ...[3, 4, 5].map((id) => [id, -32602]),
  ]);
});

test('a message that is too large is left out, and what is no message ends the reading', (context) => {
  const uri = uriOf(context, 'study.yaml');
  const [large] = answersTo(context, 'Content-Length: 99999999999999\r\n\r\n{"a"');
  assert.match(large!.error!.message, /99999999999999 bytes is too large: at most 64 MiB are read/);
  for (const broken of [
    'Content-Length: abc\r\n\r\n{}',
    'Content-Length: -5\r\n\r\n{}',
    'x: y\r\n\r\n',
    'x'.repeat(9000),
  ]) {
    const answers = answersTo(context, opened(uri), hoverOver(uri, 'aligned: { path'), broken);
    assert.equal(
      answers.map(({ id, error }) => [id, error?.code]).sort(),
      [
        [2, undefined],
        [null, -32600],
      ].sort(),
    );
  }
});

/** Position of `needle` in a text, as many characters into it. */
function position(text: string, needle: string, into = 1) {
  const before = text.slice(0, text.indexOf(needle) + into).split('\n');
  return { line: before.length - 1, character: before.at(-1)!.length };
}

test('a whole workflow has no problems; a changed one has them, with what to do', async (context) => {
  const { editor } = context;
  const uri = uriOf(context, 'study.yaml');
  assert.equal(await editor.open(uri, study), []);
  const changed = study.replace('of: alignment', 'of: alignmnt');
  const shown = editor.shown(uri);
  editor.notify('textDocument/didChange', { textDocument: { uri, version: 2 }, contentChanges: [{ text: changed }] });
  const [problem, ...others] = await shown;
  assert.is(others.length, 0);
  assert.is(problem!.message, 'there is no update "alignmnt"\nDid you mean "alignment"?');
  assert.equal(problem!.range.start, position(changed, 'alignmnt', 0));
  assert.equal(problem!.range.end, position(changed, 'alignmnt', 'alignmnt'.length));
  const mended = editor.shown(uri);
  editor.notify('textDocument/didChange', { textDocument: { uri, version: 3 }, contentChanges: [{ text: study }] });
  assert.equal(await mended, []);
});

test('names lead to their definitions, in other files too', async (context) => {
  const textDocument = { uri: uriOf(context, 'study.yaml') };
  const definition = (needle: string, into = 1) =>
    context.editor.request<{ uri: string; range: Range } | null>('textDocument/definition', {
      textDocument,
      position: position(study, needle, into),
    });
  const base = await definition('base, to: aligned');
  assert.is(base?.uri, uriOf(context, 'lab.yaml'));
  assert.equal(base?.range.start, position(lab, 'base: {', 0));
  const words = await definition('words, recipe');
  assert.equal(words?.range.start, position(study, 'words: {', 0));
  const lr = await definition('params.lr', 8);
  assert.is(lr?.uri, uriOf(context, 'lab.yaml'));
  assert.equal(lr?.range.start, position(lab, '1.0e-4', 0));
  assert.is((await definition('lab.yaml'))?.uri, uriOf(context, 'lab.yaml'));
  assert.is(await definition('parallel'), null);
});

test('a name says what it stands for', async (context) => {
  const textDocument = { uri: uriOf(context, 'study.yaml') };
  const hover = async (needle: string, into = 1) =>
    (
      await context.editor.request<{ contents: { value: string } } | null>('textDocument/hover', {
        textDocument,
        position: position(study, needle, into),
      })
    )?.contents.value;
  assert.match((await hover('tuning, onto'))!, 'updates.tuning: { from: aligned, to: tuned }');
  assert.match((await hover('params.lr', 8))!, 'params.lr: 0.0001');
  assert.is(await hover('fractions'), undefined);
});

test('hover tells shapes, steps and cost as the plan has them, without the network', async (context) => {
  const { editor } = context;
  const text = `runflow: 1
models:
  base:
    init: { family: llama, hidden: 16, layers: 1, heads: 2, kv-heads: 1, mlp: 24, vocabulary: 20, tied: true }
    seed: 1
  aligned: { perturb: base, seed: 2, norm: 0.05, decay: 0.7 }
  useful: { perturb: aligned, seed: 3, norm: 0.05, decay: 0.7 }
  remote: { hub: example/never-fetched }
  unused: { perturb: aligned, seed: 4, norm: 0.05, decay: 0.7 }
updates:
  alignment: { from: base, to: aligned }
  tuning: { from: aligned, to: useful }
  far: { from: remote, to: aligned }
subspaces:
  top-k: { kind: top-k, of: alignment }
sweeps:
  inside: { project: tuning, onto: top-k, mode: parallel, fractions: [0.5], measure: [energy] }
metrics:
  overlap: { kind: mso, pairs: [[tuning, alignment]], energies: [0.5] }
  spectrum: { kind: spectrum, of: far }
`;
  const uri = uriOf(context, 'planned.yaml');
  const shown = await editor.open(uri, text);
  assert.ok(shown.every(({ severity }) => severity === 2));
  const hover = async (needle: string) => {
    const at = { textDocument: { uri }, position: position(text, needle) };
    const found = await editor.request<{ contents: { value: string } } | null>('textDocument/hover', at);
    return found?.contents.value ?? '';
  };
  const base = await hover('base:');
  assert.match(base, /tensors: \[20, 16\]/);
  assert.match(base, /1 step: /);
  const update = await hover('tuning:');
  assert.match(update, /u: .*\[24, 16\].* {2}\ns: /);
  assert.match(update, /11 steps: [\d.]+ k to [\d.]+ k flop, [\d.]+ KiB to disk/);
  const metric = await hover('overlap:');
  assert.match(metric, /11 steps: /);
  assert.match(await hover('top-k:'), /of updates\.alignment: {2}\nu: /);
  for (const name of ['spectrum:', 'remote:', 'far:'])
    assert.match(await hover(name), /\nunknown until fetched$/, name);
  assert.match(await hover('unused:'), /no step: nothing that is measured needs it/);
});

test('names stay known while a text cannot be read', async (context) => {
  const { editor } = context;
  const uri = uriOf(context, 'broken.yaml');
  await editor.open(uri, study);
  const broken = study.replace('words: { synthetic', 'words: [ { synthetic');
  const shown = editor.shown(uri);
  editor.notify('textDocument/didChange', { textDocument: { uri, version: 2 }, contentChanges: [{ text: broken }] });
  assert.ok((await shown).length > 0);
  const list = await editor.request<{ items: { label: string }[] } | null>('textDocument/completion', {
    textDocument: { uri },
    position: position(broken, '"${params.lr', '"${'.length),
  });
  assert.equal(
    list?.items.map(({ label }) => label),
    ['params.lr'],
  );
});

test('a definition that is being written is offered the names that may stand there', async (context) => {
  const { editor } = context;
  const uri = uriOf(context, 'draft.yaml');
  const offered = async (line: string) => {
    const text = `${study}  more: ${line.replace('|', '')}\n`;
    await editor.open(uri, text);
    const at = { line: study.split('\n').length - 1, character: `  more: ${line}`.indexOf('|') };
    const list = await editor.request<{ items: { label: string; textEdit: { range: Range } }[] } | null>(
      'textDocument/completion',
      { textDocument: { uri }, position: at },
    );
    editor.notify('textDocument/didClose', { textDocument: { uri } });
    return list?.items.map(({ label }) => label);
  };
  assert.equal(await offered('{ project: | }'), ['alignment', 'tuning']);
  assert.equal(await offered('{ project: [tuning, al|] }'), ['alignment', 'tuning']);
  assert.equal(await offered('{ project: tuning, onto: | }'), ['top-k']);
  assert.equal(await offered(`{ fractions: ["$\{|}"] }`), ['params.lr']);
  assert.is(await offered('{ mode: | }'), undefined);
  // Brackets are often open while one writes.
  assert.equal(await offered('{ project: tuning, onto: |'), ['top-k']);
  assert.equal(await offered('{ project: [tuning, al|'), ['alignment', 'tuning']);
  assert.is(await offered('{ mode: |'), undefined);
});

test('names are told and offered in a file that never could be read', async (context) => {
  const { editor } = context;
  const uri = uriOf(context, 'mangled.yaml');
  const text = `${study.replace('onto: top-k, mode', 'onto: [to, mode')}name: a\nname: b\n`;
  assert.ok((await editor.open(uri, text)).length > 0);
  const ask = <T>(method: string, name: string, offset: number) =>
    editor.request<T>(`textDocument/${method}`, { textDocument: { uri }, position: position(text, name, offset) });
  const hover = await ask<{ contents: { value: string } } | null>('hover', 'from: aligned', 8);
  assert.match(hover!.contents.value, 'models.aligned: { path: aligned }');
  const list = await ask<{ items: { label: string }[] } | null>('completion', 'onto: [to', 9);
  assert.equal(
    list?.items.map(({ label }) => label),
    ['top-k'],
  );
});

test('a workflow with a matrix is inspected with all of its cells', async (context) => {
  const { editor } = context;
  const matrix = `${study}matrix:\n  params.lr: [1.0e-4, 1.0e-3]\n`;
  assert.equal(await editor.open(uriOf(context, 'matrix.yaml'), matrix), []);
  const wrong = matrix.replace('params.lr: [', 'params.rate: [');
  assert.not.equal(await editor.open(uriOf(context, 'wrong.yaml'), wrong), []);
});

test('a profile is read with the workflow above it, and an included file with the one beside it', async (context) => {
  const { editor } = context;
  const profile = 'runflow: 1\nupdates:\n  alignment: { from: base, to: bas }\n';
  const [problem, ...others] = await editor.open(uriOf(context, 'profiles/small.yaml'), profile);
  assert.is(others.length, 0);
  assert.is(problem?.message, 'there is no model "bas"\nDid you mean "base"?');
  assert.equal(await editor.open(uriOf(context, 'lab.yaml'), lab), []);
});

test.run();
