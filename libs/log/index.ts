import { redacted, redactedField } from './redaction';

export { Lines } from './lines';

/**
 * Structured logs: one JSON object a line. Callers pass no secret and no personal data; ids are enough to find the rest in the audit log.
 * What slips in with the text of an error is taken out here: redaction.ts.
 */
type Level = 'info' | 'warn' | 'error';

function write(level: Level, message: string, details: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), level, message: redacted(message), ...details }, redactedField)}\n`);
}

export const log = {
  info: (message: string, details: Record<string, unknown> = {}) => write('info', message, details),
  warn: (message: string, details: Record<string, unknown> = {}) => write('warn', message, details),
  error: (message: string, details: Record<string, unknown> = {}) => write('error', message, details),
};
