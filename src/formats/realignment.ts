/** Which tensors of an update are moved towards an alignment, as language, plan and steps read it. */
export type RealignmentRule =
  /** SafeLoRA: cosines up to the threshold. */
  | { readonly method: 'safelora'; readonly threshold: number }
  /** SafeLoRA: so many of the lowest cosines, with all that tie with the last of them. */
  | { readonly method: 'safelora'; readonly lowest: number }
  /** SafeMERGE: cosines, rounded to five digits, below the threshold. */
  | { readonly method: 'safemerge'; readonly threshold: number };

/** What was found of one tensor, and whether it changes. */
export type TensorRealignment = {
  /** null: the update does not touch the tensor, or (safelora) the alignment does not. */
  readonly cosine: number | null;
  readonly changed: boolean;
};

/** The content of a realignment step's `choice`, by tensor. */
export type Realignment = { readonly [tensor: string]: TensorRealignment };
