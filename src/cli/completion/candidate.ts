/** Something that a word may be completed to. */
export interface Candidate {
  /** The word as the program will read it, without any quotes. */
  readonly value: string;
  readonly description?: string;
}

export interface Candidates {
  readonly candidates: readonly Candidate[];
  /** They are paths, and a shell treats them as it does its own. */
  readonly arePaths?: boolean;
}

/** Whether something more belongs to the word: no space comes behind it. */
export function isOpen({ value }: Candidate): boolean {
  return /[/=.]$/.test(value);
}
