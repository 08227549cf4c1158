/**
 * What a file that should hold weights or text seems to be instead, told from its first bytes; undefined when they say
 * nothing. The answers complete the sentence "the file looks like …".
 */
export function describeSignature(head: Uint8Array): { what: string; hint?: string } | undefined {
  const text = new TextDecoder('latin1').decode(head.subarray(0, 512)).trimStart();
  const starts = (...bytes: number[]) => bytes.every((byte, i) => head[i] === byte);
  if (text.startsWith('version https://git-lfs')) {
    return {
      what: 'a Git LFS pointer, not the file it points to',
      hint: 'Run `git lfs pull` in the repository it was cloned from, or download the file itself.',
    };
  }
  if (/^<(!doctype|html|head|\?xml)/i.test(text)) {
    return {
      what: 'a web page, probably an error or login page saved under this name',
      hint: 'Download the file again; a gated repository needs a token.',
    };
  }
  if (starts(0x50, 0x4b, 3, 4)) {
    return {
      what: 'a zip archive, as PyTorch writes .bin and .pt files',
      hint: 'Convert it to safetensors, e.g. with `save_pretrained(..., safe_serialization=True)` in transformers.',
    };
  }
  if (head[0] === 0x80 && head[1] !== undefined && head[1] >= 2 && head[1] <= 5) {
    return {
      what: 'a Python pickle, as old PyTorch writes .bin and .pt files',
      hint: 'Convert it to safetensors; runflow never unpickles.',
    };
  }
  if (text.startsWith('GGUF')) return { what: 'a GGUF file', hint: 'Use the original safetensors checkpoint.' };
  if (starts(0x1f, 0x8b)) return { what: 'a gzip archive', hint: 'Unpack it first.' };
  if (starts(0xfd, 0x37, 0x7a, 0x58, 0x5a)) return { what: 'an xz archive', hint: 'Unpack it first.' };
  if (starts(0x28, 0xb5, 0x2f, 0xfd)) return { what: 'a zstd archive', hint: 'Unpack it first.' };
  if (head.length > 0 && head.every((byte) => byte === 0)) {
    return { what: 'nothing but zero bytes, as an interrupted download leaves them', hint: 'Download the file again.' };
  }
  if (/^\{\s*"error/.test(text)) {
    return { what: 'an error message of a server', hint: 'Look at it with `head`, and download the file again.' };
  }
  return undefined;
}
