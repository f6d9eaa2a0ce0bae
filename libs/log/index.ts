export { Lines } from './lines';

/** Structured logs: one JSON object a line. Callers pass no secret and no personal data; ids are enough to find the rest in the audit log. */
type Level = 'info' | 'warn' | 'error';

function write(level: Level, message: string, details: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...details })}\n`);
}

export const log = {
  info: (message: string, details: Record<string, unknown> = {}) => write('info', message, details),
  warn: (message: string, details: Record<string, unknown> = {}) => write('warn', message, details),
  error: (message: string, details: Record<string, unknown> = {}) => write('error', message, details),
};
