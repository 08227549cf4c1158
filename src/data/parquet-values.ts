import type { SchemaElement } from 'hyparquet';
import { exactNumber } from '../formats/exact-number.js';
import type { Json } from '../formats/json.js';
import { parseDataJson } from '../formats/strict-json.js';

/** One value as the file has it: number, bigint, boolean or bytes, before its type says what it means. */
export type StoredValue = number | bigint | boolean | Uint8Array;

/** A value that cannot be given without changing it. */
export class ParquetValueError extends Error {}

/**
 * How values of a column become JSON. Nothing is rounded: integers beyond 2⁵³ − 1, decimals that a double would change and
 * numbers that are none become text, digit for digit; points of time are ISO 8601 texts with all digits of their unit, with
 * Z where the file says that they are UTC; bytes are numbers from 0 to 255.
 * @throws ParquetValueError from what is returned, or here for a type without a meaning in JSON
 */
export function valueReader(element: SchemaElement, limits: { readonly depth: number; readonly values: number }) {
  const { type, converted_type: converted, logical_type: logical } = element;
  const scale = element.scale ?? (logical?.type === 'DECIMAL' ? logical.scale : 0);
  const unit = logical !== undefined && 'unit' in logical ? logical.unit : undefined;
  const utc = logical !== undefined && 'isAdjustedToUTC' in logical ? logical.isAdjustedToUTC : true;
  if (logical?.type === 'DECIMAL' || converted === 'DECIMAL') {
    return (value: StoredValue): Json => exactNumber(decimal(integerOf(value), scale));
  }
  if (logical?.type === 'UUID') return (value: StoredValue): Json => uuid(value as Uint8Array);
  if (logical?.type === 'FLOAT16') return (value: StoredValue): Json => float(float16(value as Uint8Array));
  if (converted === 'DATE' || logical?.type === 'DATE') {
    return (value: StoredValue): Json => isoTime(BigInt(value as number) * 86_400n, 1n, 0, 'date');
  }
  if (converted === 'TIMESTAMP_MILLIS' || converted === 'TIMESTAMP_MICROS' || logical?.type === 'TIMESTAMP') {
    const digits = converted === 'TIMESTAMP_MILLIS' || unit === 'MILLIS' ? 3 : unit === 'NANOS' ? 9 : 6;
    return (value: StoredValue): Json =>
      isoTime(integerOf(value), 10n ** BigInt(digits), digits, utc ? 'utc' : 'local');
  }
  if (converted === 'TIME_MILLIS' || converted === 'TIME_MICROS' || logical?.type === 'TIME') {
    const digits = converted === 'TIME_MILLIS' || unit === 'MILLIS' ? 3 : unit === 'NANOS' ? 9 : 6;
    return (value: StoredValue): Json => isoTime(integerOf(value), 10n ** BigInt(digits), digits, 'time');
  }
  // 96-bit integers were points of time; the library has made nanoseconds since 1970 of them.
  if (type === 'INT96') return (value: StoredValue): Json => isoTime(value as bigint, 1_000_000_000n, 9, 'local');
  if (converted === 'JSON' || logical?.type === 'JSON') {
    return (value: StoredValue): Json => parseDataJson(utf8(value as Uint8Array), limits);
  }
  if (converted === 'BSON' || converted === 'INTERVAL' || logical?.type === 'BSON') {
    throw new ParquetValueError(`values of type ${converted ?? logical?.type} are not read`);
  }
  if (type === 'BYTE_ARRAY') {
    const bytes = logical !== undefined && !['STRING', 'ENUM'].includes(logical.type);
    return bytes ? bytesOf : (value: StoredValue): Json => utf8(value as Uint8Array);
  }
  if (type === 'FIXED_LEN_BYTE_ARRAY') return bytesOf;
  const unsigned = converted?.startsWith('UINT_') || (logical?.type === 'INTEGER' && !logical.isSigned);
  const bits = type === 'INT64' ? 64 : 32;
  return (value: StoredValue): Json => {
    if (typeof value === 'boolean') return value;
    if (type === 'FLOAT' || type === 'DOUBLE') return float(value as number);
    const integer = BigInt(value as number | bigint);
    return exactNumber(String(unsigned ? BigInt.asUintN(bits, integer) : integer));
  };
}

function bytesOf(value: StoredValue): Json {
  return Array.from(value as Uint8Array);
}

/** JSON has no NaN and no infinities: they are the texts that JavaScript and JSON's dialects write. */
function float(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ParquetValueError('bytes that are no UTF-8 text', { cause });
  }
}

/** A whole number, or one in big-endian two's complement. */
function integerOf(value: StoredValue): bigint {
  if (!(value instanceof Uint8Array)) return BigInt(value);
  if (value.length === 0) return 0n;
  return BigInt.asIntN(value.length * 8, BigInt(`0x${Buffer.from(value).toString('hex')}`));
}

/** `integer` · 10^−scale with all of its digits. */
function decimal(integer: bigint, scale: number): string {
  if (scale <= 0) return String(integer * 10n ** BigInt(-scale));
  const sign = integer < 0n ? '-' : '';
  const digits = String(integer < 0n ? -integer : integer).padStart(scale + 1, '0');
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** A count of units since 1970, of which a second has `perSecond`, as ISO 8601. */
function isoTime(count: bigint, perSecond: bigint, digits: number, form: 'utc' | 'local' | 'date' | 'time'): string {
  const rest = ((count % perSecond) + perSecond) % perSecond;
  const seconds = (count - rest) / perSecond;
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) throw new ParquetValueError('a point of time that no calendar reaches');
  const [day, time] = date.toISOString().split('T') as [string, string];
  if (form === 'date') return day;
  const clock = `${time.slice(0, 8)}${digits === 0 ? '' : `.${String(rest).padStart(digits, '0')}`}`;
  return form === 'time' ? clock : `${day}T${clock}${form === 'utc' ? 'Z' : ''}`;
}

function uuid(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function float16(bytes: Uint8Array): number {
  const bits = bytes[0]! | (bytes[1]! << 8);
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}
