import { fileURLToPath } from 'node:url';
import {
  CompletionItemKind,
  type CompletionList,
  createConnection,
  type Hover,
  type InitializeResult,
  type Location,
  MarkupKind,
  type TextDocumentPositionParams,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { WorkflowFiles } from '../workflow/files.js';
import { hoverText } from './hover-text.js';
import { type Inspection, inspectFile } from './inspect.js';
import { type Naming, namedAt, placeOf, proposedNames } from './names.js';
import { openFiles } from './open-files.js';
import { protocolDiagnostic, protocolLocation, uriOf } from './protocol.js';

/** Milliseconds without a key press after which a text is inspected. */
const quiet = 200;

/**
 * Serves one editor over two streams by the Language Server Protocol: what is wrong with a workflow, where the names in it
 * are defined, what they stand for, and which names may stand at a place. Reads the workflow's files and the headers of local
 * checkpoints, and writes nothing. The connection ends the process when the editor does.
 */
export function serve(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): void {
  const connection = createConnection(input, output);
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

  connection.onInitialize(
    (): InitializeResult => ({
      serverInfo: { name: 'runflow' },
      capabilities: {
        textDocumentSync: TextDocumentSyncKind.Incremental,
        definitionProvider: true,
        hoverProvider: true,
        completionProvider: { triggerCharacters: [' ', '[', '{', '.'] },
      },
    }),
  );
  documents.onDidChangeContent(({ document: { uri } }) => {
    clearTimeout(timers.get(uri));
    timers.set(
      uri,
      setTimeout(() => void inspect(uri), quiet),
    );
  });
  documents.onDidClose(({ document: { uri } }) => {
    clearTimeout(timers.get(uri));
    for (const file of shown.get(uri) ?? []) connection.sendDiagnostics({ uri: uriOf(file), diagnostics: [] });
    shown.delete(uri);
  });
  connection.onDefinition((at) => server.definition(at));
  connection.onHover((at) => server.hover(at));
  connection.onCompletion((at) => server.completion(at));
  documents.listen(connection);
  connection.listen();
}

class LanguageServer {
  readonly #documents: TextDocuments<TextDocument>;

  constructor(documents: TextDocuments<TextDocument>) {
    this.#documents = documents;
  }

  inspection(file: string): Promise<Inspection> {
    return inspectFile(file, this.#files());
  }

  async definition(at: TextDocumentPositionParams): Promise<Location | null> {
    const found = await this.#named(at);
    if (found === undefined) return null;
    const start = { line: 0, character: 0 };
    if (found.named.kind === 'file') return { uri: uriOf(found.named.file), range: { start, end: start } };
    return protocolLocation(placeOf(found.named, found.inspection.assembled!.root));
  }

  async hover(at: TextDocumentPositionParams): Promise<Hover | null> {
    const found = await this.#named(at);
    if (found === undefined || found.named.kind === 'file') return null;
    return { contents: { kind: MarkupKind.Markdown, value: await hoverText(found.named, found.inspection) } };
  }

  async completion(at: TextDocumentPositionParams): Promise<CompletionList | null> {
    const document = this.#documents.get(at.textDocument.uri);
    const file = fileOf(at.textDocument.uri);
    if (document === undefined || file === undefined) return null;
    const root = (await this.inspection(file)).assembled?.root;
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
  ): Promise<{ readonly named: Naming; readonly inspection: Inspection } | undefined> {
    const document = this.#documents.get(at.textDocument.uri);
    const file = fileOf(at.textDocument.uri);
    if (document === undefined || file === undefined) return undefined;
    const inspection = await this.inspection(file);
    if (inspection.assembled === undefined) return undefined;
    const offset = document.offsetAt(at.position);
    const named = await namedAt(file, document.getText(), offset, inspection.assembled.root);
    return named && { named, inspection };
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

/** Absolute path; undefined of a text that is in no file, such as a new one. */
function fileOf(uri: string): string | undefined {
  return uri.startsWith('file:') ? fileURLToPath(uri) : undefined;
}
