import { pathToFileURL } from 'node:url';
import { type Diagnostic, DiagnosticSeverity, type Location, type Range } from 'vscode-languageserver';
import type { Diagnostic as Problem, SourceRange } from '../diagnostics/diagnostic.js';
import { type Place, rangeOf } from '../workflow/source-text.js';

/** Positions of the protocol count from 0, in UTF-16 units as ours do. */
function protocolRange({ start, end }: SourceRange): Range {
  return {
    start: { line: start.line - 1, character: start.column - 1 },
    end: { line: end.line - 1, character: end.column - 1 },
  };
}

/** @param place in a file whose name is its absolute path */
export function protocolLocation(place: Place): Location {
  const range = rangeOf(place);
  return { uri: uriOf(range.file), range: protocolRange(range) };
}

export function uriOf(file: string): string {
  return pathToFileURL(file).href;
}

/** A problem as editors show it; one without a place stands at the beginning of the file. */
export function protocolDiagnostic({ severity, code, message, range, hint, related = [] }: Problem): Diagnostic {
  const start = { line: 0, character: 0 };
  return {
    severity: severity === 'error' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    code,
    source: 'runflow',
    message: hint === undefined ? message : `${message}\n${hint}`,
    range: range === undefined ? { start, end: start } : protocolRange(range),
    relatedInformation: related.map((one) => ({
      message: one.message,
      location: { uri: uriOf(one.range.file), range: protocolRange(one.range) },
    })),
  };
}
