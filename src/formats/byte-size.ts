const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `0 B`, `812 B`, `1.5 MiB`, `36 GiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 1023.95 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : Number(value.toFixed(1))} ${units[unit]}`;
}

/** Reads `50GiB`, `500 MB`, `1.5T`, `123`: units of 1024 with or without i but for KB, MB, GB, TB, which are of 1000. */
export function parseBytes(text: string): number | undefined {
  const [, digits, prefix, suffix] = /^\s*(\d+(?:\.\d+)?)\s*([KMGTP]?)(i?B?)\s*$/i.exec(text) ?? [];
  if (digits === undefined || prefix === undefined || (prefix === '' && suffix!.length > 1)) return undefined;
  const base = suffix!.toUpperCase() === 'B' ? 1000 : 1024;
  const bytes = Number(digits) * base ** ' KMGTP'.indexOf(prefix.toUpperCase() || ' ');
  return Number.isSafeInteger(Math.round(bytes)) ? Math.round(bytes) : undefined;
}
