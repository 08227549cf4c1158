import { DataError } from '../diagnostics/errors.js';

/** A program of the user's did not do what it is for: it failed, took too long, or left something else than it declares. */
export class ProgramError extends DataError {}
