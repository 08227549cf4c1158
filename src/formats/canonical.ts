import type { Json } from './json.js';

const loneSurrogate = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/** Whether a text is Unicode: without half of a surrogate pair, which UTF-8 cannot hold. */
export function isUnicode(text: string): boolean {
  return !loneSurrogate.test(text);
}

/**
 * One text a value: equal values, however they were written, give the same text, and different values never do. Every
 * part starts with its type and says its length, so that no two values can run into each other.
 *
 * - null `n`, true `t`, false `f`
 * - number `d<length>:<digits>`: the shortest decimal that reads back as the same double, as in RFC 8785; −0 is 0. NaN
 *   and the infinities are refused.
 * - string `s<UTF-8 bytes>:<text>`, not normalised: what looks alike may differ. Lone surrogates are refused, for UTF-8
 *   would make them all alike.
 * - array `a<items>:<item>…`; object `o<members>:<key><value>…` in the order of the keys' UTF-16 code units.
 *
 * Hash its UTF-8. @throws TypeError on anything that is no JSON value: a caller's bug, never the user's.
 */
export function encodeCanonical(value: Json): string {
  if (value === null) return 'n';
  switch (typeof value) {
    case 'boolean':
      return value ? 't' : 'f';
    case 'number':
      return encodeNumber(value);
    case 'string':
      return encodeString(value);
    case 'object':
      return Array.isArray(value) ? encodeArray(value) : encodeObject(value as { readonly [key: string]: Json });
    default:
      throw new TypeError(`cannot encode a value of type ${typeof value}`);
  }
}

function encodeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`cannot encode the number ${value}`);
  const digits = String(value === 0 ? 0 : value);
  return `d${digits.length}:${digits}`;
}

function encodeString(value: string): string {
  if (!isUnicode(value)) throw new TypeError(`cannot encode ${JSON.stringify(value)}: it has a lone surrogate`);
  return `s${Buffer.byteLength(value)}:${value}`;
}

function encodeArray(items: readonly Json[]): string {
  let text = `a${items.length}:`;
  // By index: a hole is undefined and refused, where map and for…of of other callers would differ.
  for (let index = 0; index < items.length; index++) text += encodeCanonical(items[index] as Json);
  return text;
}

function encodeObject(members: { readonly [key: string]: Json }): string {
  const prototype = Object.getPrototypeOf(members);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`cannot encode an instance of ${prototype.constructor?.name ?? 'a class'}`);
  }
  const keys = Object.keys(members).sort();
  let text = `o${keys.length}:`;
  for (const key of keys) text += encodeString(key) + encodeCanonical(members[key] as Json);
  return text;
}
