/**
 * A number as it is written in a file: a number where the one that a double holds is the same, its text where it is not.
 * Integers stay numbers up to 2⁵³ − 1, whatever larger ones a double happens to hold.
 * @param written a JSON number: `-12`, `0.5`, `1e-3`
 */
export function exactNumber(written: string): number | string {
  const value = Number(written);
  if (!/[.eE]/.test(written)) return Number.isSafeInteger(value) ? value : written;
  // No double is written with so many digits.
  if (!Number.isFinite(value) || written.length > 400) return written;
  // Fifteen digits survive the way through a double unless its exponent is at the end of its range.
  if (written.length <= 15 && !/[eE]/.test(written)) return value;
  return plainDigits(written) === plainDigits(String(value)) ? value : written;
}

/** `<digits>e<exponent>` without leading or trailing zeros: the same text for the same value. */
function plainDigits(number: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${sign}${significant}e${BigInt(exponent) - BigInt(fraction.length - (digits.length - significant.length))}`;
}
