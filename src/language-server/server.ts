import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CompletionItemKind,
  type CompletionList,
  createConnection,
  DidChangeWatchedFilesNotification,
  ErrorCodes,
  type Hover,
  type InitializeResult,
  type Location,
  MarkupKind,
  ResponseError,
  type TextDocumentPositionParams,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { RunflowError } from '../diagnostics/errors.js';
import type { LocalEstimate } from '../estimate/local-estimate.js';
import { storeLocation } from '../store/location.js';
import { Store } from '../store/store.js';
import type { Assembled } from '../workflow/assemble.js';
import type { MapNode } from '../workflow/document.js';
import type { WorkflowFiles } from '../workflow/files.js';
import { recoveredYaml } from '../workflow/parse.js';
import { SourceText } from '../workflow/source-text.js';
import type { Study, StudyCell } from '../workflow/study.js';
import { answeredStreams } from './answered.js';
import { hoverText } from './hover-text.js';
import { type Inspection, inspectFile } from './inspect.js';
import { type Naming, namedAt, placeOf, proposedNames } from './names.js';
import { openFiles } from './open-files.js';
import { plannedText } from './planned-text.js';
import { protocolDiagnostic, protocolLocation, uriOf } from './protocol.js';

/** Milliseconds without a key press after which a text is inspected. */
const quiet = 200;

/** Files that the editor tells of when they change on disk: parts of workflows that are not open. */
const watchedFiles = [{ globPattern: '**/*.{yaml,yml}' }];

/**
 * Serves one editor over two streams by the Language Server Protocol: what is wrong with a workflow, where the names in it
 * are defined, what they stand for and take, and which names may stand at a place. Reads the workflow's files, and for hover texts
 * the headers of local checkpoints and the files of data; of the store only the memory of file digests is written. The connection ends the process when the editor does.
 * @returns once the input is at its end and everything that was asked has its answer
 */
export function serve(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Promise<void> {
  const { reader, writer, ended } = answeredStreams(input, output);
  const connection = createConnection(reader, writer);
  const documents = new TextDocuments(TextDocument);
  const server = new LanguageServer(documents);
  const timers = new Map<string, NodeJS.Timeout>();
  /** Files that problems are shown of, by the document that was inspected. */
  const shown = new Map<string, ReadonlySet<string>>();

  const inspect = async (uri: string) => {
    const document = documents.get(uri);
    const file = fileOf(uri);
    if (document === undefined || file === undefined) return;
    const { version } = document;
    const { diagnostics } = await server.inspection(file);
    // A newer text is on its way to an inspection of its own.
    if (documents.get(uri)?.version !== version) return;
    const files = new Set([file, ...diagnostics.flatMap(({ range }) => range?.file ?? [])]);
    for (const cleared of shown.get(uri) ?? []) {
      if (!files.has(cleared)) connection.sendDiagnostics({ uri: uriOf(cleared), diagnostics: [] });
    }
    shown.set(uri, files);
    for (const one of files) {
      const own = diagnostics.filter(({ range }) => (range?.file ?? file) === one);
      connection.sendDiagnostics({ uri: one === file ? uri : uriOf(one), diagnostics: own.map(protocolDiagnostic) });
    }
  };

  let watches = false;
  connection.onInitialize(({ capabilities: { workspace } }): InitializeResult => {
    watches = workspace?.didChangeWatchedFiles?.dynamicRegistration === true;
    return {
      serverInfo: { name: 'runflow' },
      capabilities: {
        textDocumentSync: TextDocumentSyncKind.Incremental,
        definitionProvider: true,
        hoverProvider: true,
        completionProvider: { triggerCharacters: [' ', '[', '{', '.'] },
      },
    };
  });
  connection.onInitialized(() => {
    if (watches) void connection.client.register(DidChangeWatchedFilesNotification.type, { watchers: watchedFiles });
  });
  connection.onDidChangeWatchedFiles(() => {
    server.forget();
    for (const { uri } of documents.all()) void inspect(uri);
  });
  documents.onDidChangeContent(({ document: { uri } }) => {
    server.forget();
    clearTimeout(timers.get(uri));
    timers.set(
      uri,
      setTimeout(() => void inspect(uri), quiet),
    );
  });
  documents.onDidClose(({ document: { uri } }) => {
    server.forget(fileOf(uri));
    clearTimeout(timers.get(uri));
    for (const file of shown.get(uri) ?? []) connection.sendDiagnostics({ uri: uriOf(file), diagnostics: [] });
    shown.delete(uri);
  });
  connection.onDefinition((at) => server.definition(checkedPlace(at)));
  connection.onHover((at) => server.hover(checkedPlace(at)));
  connection.onCompletion((at) => server.completion(checkedPlace(at)));
  documents.listen(connection);
  connection.listen();
  return ended;
}

/** Takes what names a place in a document. @throws ResponseError for anything else, which the editor is told */
function checkedPlace(at: Unsure<TextDocumentPositionParams>): TextDocumentPositionParams {
  const { textDocument, position } = at;
  const isCount = (value: unknown) => Number.isInteger(value) && Number(value) >= 0;
  if (typeof textDocument?.uri === 'string' && isCount(position?.line) && isCount(position?.character)) {
    return at as TextDocumentPositionParams;
  }
  throw new ResponseError(ErrorCodes.InvalidParams, 'the parameters name no place: textDocument.uri and position');
}

/** Parameters as an editor may send them: types hold for those that keep to the protocol. */
type Unsure<T> = { readonly [Key in keyof T]?: Unsure<T[Key]> };

class LanguageServer {
  readonly #documents: TextDocuments<TextDocument>;
  /** What was found out of a file since the last change of any text. */
  readonly #inspections = new Map<string, Promise<Inspection>>();
  /** Estimates of what was inspected, once somebody asks for one. */
  readonly #estimates = new WeakMap<Study, ReturnType<typeof localEstimate>>();
  /** The last document that each file was part of: names stay known while a text cannot be read. */
  readonly #assembled = new Map<string, Assembled>();

  constructor(documents: TextDocuments<TextDocument>) {
    this.#documents = documents;
  }

  /** Inspects a file once between two changes. */
  inspection(file: string): Promise<Inspection> {
    const known = this.#inspections.get(file) ?? this.#inspect(file);
    this.#inspections.set(file, known);
    return known;
  }

  /** Makes inspections begin anew, because some text has changed. @param closed file whose names are not asked for any more */
  forget(closed?: string): void {
    this.#inspections.clear();
    if (closed !== undefined) this.#assembled.delete(closed);
  }

  async #inspect(file: string): Promise<Inspection> {
    const inspection = await inspectFile(file, this.#files());
    if (inspection.assembled !== undefined) this.#assembled.set(file, inspection.assembled);
    return inspection;
  }

  /** The document that a file is part of, or was when it could last be read; else what can be read of the file itself. */
  async #document(file: string, text: string): Promise<MapNode | undefined> {
    await this.inspection(file);
    return this.#assembled.get(file)?.root ?? recoveredYaml(new SourceText(file, dirname(file), text));
  }

  async definition(at: TextDocumentPositionParams): Promise<Location | null> {
    const found = await this.#named(at);
    if (found === undefined) return null;
    const start = { line: 0, character: 0 };
    if (found.named.kind === 'file') return { uri: uriOf(found.named.file), range: { start, end: start } };
    return protocolLocation(placeOf(found.named, found.root));
  }

  async hover(at: TextDocumentPositionParams): Promise<Hover | null> {
    const found = await this.#named(at);
    if (found === undefined || found.named.kind === 'file') return null;
    const { named, root } = found;
    const planned = named.kind === 'definition' ? await this.#planned(at, named) : '';
    const value = [hoverText(named, root), planned].filter((text) => text !== '').join('\n\n');
    return { contents: { kind: MarkupKind.Markdown, value } };
  }

  /** What the plan has of a definition; empty where the workflow is not valid. */
  async #planned(at: TextDocumentPositionParams, named: Naming & { readonly kind: 'definition' }): Promise<string> {
    const { study } = await this.inspection(fileOf(at.textDocument.uri)!);
    if (study === undefined) return '';
    const known = this.#estimates.get(study) ?? localEstimate(study);
    this.#estimates.set(study, known);
    const estimate = await known;
    if ('problem' in estimate) return `not planned: ${estimate.problem}`;
    const [cell, ...others] = study.cells as [StudyCell];
    const text = plannedText(named, cell.workflow, estimate);
    return text === '' || others.length === 0 ? text : `in the cell ${cell.label}:  \n${text}`;
  }

  async completion(at: TextDocumentPositionParams): Promise<CompletionList | null> {
    const document = this.#documents.get(at.textDocument.uri);
    const file = fileOf(at.textDocument.uri);
    if (document === undefined || file === undefined) return null;
    const root = await this.#document(file, document.getText());
    if (root === undefined) return null;
    const proposal = await proposedNames(file, document.getText(), document.offsetAt(at.position), root);
    if (proposal === undefined) return null;
    const range = { start: document.positionAt(proposal.start), end: document.positionAt(proposal.end) };
    const items = proposal.names.map(({ name, section }) => ({
      label: name,
      kind: section === 'params' ? CompletionItemKind.Variable : CompletionItemKind.Reference,
      detail: section,
      textEdit: { range, newText: name },
    }));
    return { isIncomplete: false, items };
  }

  async #named(
    at: TextDocumentPositionParams,
  ): Promise<{ readonly named: Naming; readonly root: MapNode } | undefined> {
    const document = this.#documents.get(at.textDocument.uri);
    const file = fileOf(at.textDocument.uri);
    if (document === undefined || file === undefined) return undefined;
    const root = await this.#document(file, document.getText());
    if (root === undefined) return undefined;
    const offset = document.offsetAt(at.position);
    const named = await namedAt(file, document.getText(), offset, root);
    return named && { named, root };
  }

  #files(): WorkflowFiles {
    const texts = new Map<string, string>();
    for (const document of this.#documents.all()) {
      const file = fileOf(document.uri);
      if (file !== undefined) texts.set(file, document.getText());
    }
    return openFiles(texts);
  }
}

/** The estimate of a study, or why there is none: a model or data that is not there, for instance. */
async function localEstimate(study: Study): Promise<LocalEstimate | { readonly problem: string }> {
  const { estimateLocally } = await import('../estimate/local-estimate.js');
  try {
    return await estimateLocally(study, Store.open(storeLocation(undefined, process.env)));
  } catch (error) {
    if (error instanceof RunflowError) return { problem: error.message };
    throw error;
  }
}

/** Absolute path; undefined of a text that is in no file, such as a new one. */
function fileOf(uri: string): string | undefined {
  if (!uri.startsWith('file:')) return undefined;
  try {
    return fileURLToPath(uri);
  } catch {
    // The file of another host, or a name that no file can have.
    return undefined;
  }
}
