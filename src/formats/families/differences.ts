/**
 * Families near to those of the registry that are not computed, by `model_type`, and what they do that is computed nowhere here.
 * Errors tell it: whoever reads one knows whether the family lacks a line or a kernel.
 */
export const uncomputedFamilies: ReadonlyMap<string, string> = new Map([
  ['gemma', 'it adds 1 to the gains of its norms, multiplies embeddings by √hidden_size and has GELU in its MLP'],
  [
    'gemma2',
    'it is gemma with norms before and behind each branch, windows in every other layer, and caps on scores and logits',
  ],
  ['gemma3', 'it takes images beside tokens, and its language model is of the family gemma3_text'],
  ['olmo', 'its norms are LayerNorms without gains'],
  ['olmo3', 'it has sliding windows in three of four layers'],
  ['phi', 'its norms are LayerNorms, attention and MLP stand side by side, and only a part of each head rotates'],
  ['phimoe', 'a router sends each token to some of many MLPs'],
  ['mixtral', 'a router sends each token to some of many MLPs'],
  ['olmoe', 'a router sends each token to some of many MLPs'],
  ['qwen2_moe', 'a router sends each token to some of many MLPs'],
  ['qwen3_moe', 'a router sends each token to some of many MLPs'],
  ['gpt2', 'its norms are LayerNorms, and positions are embeddings of their own'],
  ['gpt_neox', 'its norms are LayerNorms, attention and MLP stand side by side, and only a part of each head rotates'],
]);
