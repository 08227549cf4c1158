/** A ratio for reading: three decimals, and never a rounded 0 or 1 for what is neither. */
export function ratioText(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (value !== 0 && Math.abs(value) < 0.0005) return scientific(value);
  if (value < 1 && value > 0.9995) return '> 0.999';
  return withMinus(value.toFixed(3));
}

/** Three significant digits, as a power of ten where that is shorter. */
export function significantText(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e5) return scientific(value);
  return withMinus(String(Number(value.toPrecision(3))));
}

/** A range of numbers: `0.2–0.4`, with words where a sign would look like the dash between them. */
export function rangeText(
  low: number | null | undefined,
  high: number | null | undefined,
  text: (value: number | null | undefined) => string = ratioText,
): string {
  const isSigned = (low ?? 0) < 0 || (high ?? 0) < 0;
  return `${text(low)}${isSigned ? ' to ' : '–'}${text(high)}`;
}

const superscripts: Readonly<Record<string, string>> = Object.fromEntries(
  [...'-0123456789'].map((digit, index) => [digit, [...'⁻⁰¹²³⁴⁵⁶⁷⁸⁹'][index]!]),
);

function scientific(value: number): string {
  const [mantissa, exponent] = value.toExponential(1).split('e');
  const power = [...exponent!.replace('+', '')].map((digit) => superscripts[digit]).join('');
  return `${withMinus(mantissa!)} × 10${power}`;
}

function withMinus(text: string): string {
  return text.replace('-', '−');
}

/** How a projection is called beside others of a report: the side is told only where there are both. */
export function projectionName(
  { mode, side }: { readonly mode: string; readonly side: string },
  all: readonly { readonly side: string }[],
): string {
  return all.every((other) => other.side === side) ? mode : `${mode} (${side})`;
}
