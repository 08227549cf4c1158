/** A ratio for reading: three decimals, and never a rounded 0 or 1 for what is neither. */
export function ratioText(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (value > 0 && value < 0.0005) return scientific(value);
  if (value < 1 && value > 0.9995) return '> 0.999';
  return value.toFixed(3);
}

/** Three significant digits, as a power of ten where that is shorter. */
export function significantText(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e5) return scientific(value);
  return String(Number(value.toPrecision(3)));
}

const superscripts: Readonly<Record<string, string>> = Object.fromEntries(
  [...'-0123456789'].map((digit, index) => [digit, [...'⁻⁰¹²³⁴⁵⁶⁷⁸⁹'][index]!]),
);

function scientific(value: number): string {
  const [mantissa, exponent] = value.toExponential(1).split('e');
  const power = [...exponent!.replace('+', '')].map((digit) => superscripts[digit]).join('');
  return `${mantissa} × 10${power}`;
}
