import { StepError } from '../diagnostics/errors.js';

export type DeviceErrorReason = 'validation' | 'out-of-memory' | 'internal' | 'lost';

/** Something went wrong on the device. Whatever was computed since the last `settled()` is worthless. */
export class DeviceError extends StepError {
  readonly reason: DeviceErrorReason;
  constructor(reason: DeviceErrorReason, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options);
    this.reason = reason;
  }
}

/** Turns what `uncapturederror` delivers into an error that can be thrown to whoever waits next. */
export function deviceErrorFrom(error: GPUError): DeviceError {
  const message = error.message.trim();
  if (error instanceof GPUOutOfMemoryError) {
    return new DeviceError('out-of-memory', `The device is out of memory: ${message}`, {
      hint: 'Free memory on the machine or the card, or use a smaller model or batch.',
    });
  }
  const reason = error instanceof GPUValidationError ? 'validation' : 'internal';
  return new DeviceError(reason, `The device refused a command (${reason}): ${message}`);
}
