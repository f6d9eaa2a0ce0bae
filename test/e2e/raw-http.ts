import { connect } from 'node:net';
import type { Service } from './harness';

export interface RawAnswer { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }

/** Sends bytes as they are, to say what no HTTP client would, and reads the one answer. The service listens from then on. */
export async function rawHttp(service: Service, request: string): Promise<RawAnswer> {
  const port = await service.port();
  const text = await new Promise<string>((resolve, reject) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => { socket.write(request); });
    socket
      .on('data', (data) => { received += data.toString('utf8'); })
      .on('close', () => resolve(received))
      .on('error', reject);
  });
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  return { status: Number(first.split(' ')[1]), headers, body: rest.join('\r\n\r\n') };
}

/** The lines of a request, ended as HTTP wants; the connection is closed after the answer. */
export function requestText(line: string, headers: Readonly<Record<string, string>> = {}, body = ''): string {
  const all: Record<string, string> = { Host: 'localhost', Connection: 'close', ...(body ? { 'Content-Length': String(Buffer.byteLength(body)) } : {}), ...headers };
  return [`${line} HTTP/1.1`, ...Object.entries(all).map(([name, value]) => `${name}: ${value}`), '', body].join('\r\n');
}
