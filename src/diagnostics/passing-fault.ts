/** A fault of the connection or the server that may pass. */
export class PassingFault extends Error {
  readonly waitMilliseconds: number | undefined;
  constructor(message: string, waitMilliseconds?: number) {
    super(message);
    this.waitMilliseconds = waitMilliseconds;
  }
}

/** Retry-After in seconds or as a date, or the `t=` of the hub's RateLimit header. */
export function waitAskedFor(headers: Headers): number | undefined {
  const after = headers.get('retry-after') ?? /\bt=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1];
  if (after === undefined || after === null) return undefined;
  const milliseconds = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - Date.now();
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined;
}

/** fetch says "fetch failed"; the reason is in the cause. Codes of fetch's own say nothing to a reader without their words. */
export function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: unknown; message?: unknown } }).cause;
  const [code, message] = [cause?.code, cause?.message].map((text) => (typeof text === 'string' ? text : ''));
  if (/^(UND_ERR|HPE|Z)_/.test(code!) && message !== '') return `${message} (${code})`;
  return String(cause?.code ?? cause?.message ?? (error as Error).message ?? error);
}
