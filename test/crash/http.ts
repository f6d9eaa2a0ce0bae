import { Agent, request } from 'node:http';

export interface Reply { readonly status: number; readonly body: unknown }

const PATIENCE_MS = 30_000;

/** One client's connection: kept open, one request at a time. */
export class Connection {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  /** @returns `null` where there is no answer, or half of one: nobody knows what became of it */
  send(port: number, { method, path, body, headers }: { readonly method: string; readonly path: string; readonly body: unknown; readonly headers: Readonly<Record<string, string>> }): Promise<Reply | null> {
    return new Promise((resolve) => {
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const length = payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) };
      const sent = request({ agent: this.agent, host: '127.0.0.1', port, method, path, timeout: PATIENCE_MS, headers: { ...headers, ...length } }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => { resolve(null); });
        response.on('aborted', () => { resolve(null); });
        response.on('end', () => { resolve(response.complete ? { status: response.statusCode ?? 0, body: parsed(Buffer.concat(chunks).toString()) } : null); });
      });
      sent.on('error', () => { resolve(null); });
      sent.on('timeout', () => { sent.destroy(); });
      sent.end(payload);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

function parsed(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
