import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

export interface Answer<Body = any> { // eslint-disable-line @typescript-eslint/no-explicit-any -- a test reads whatever comes
  readonly status: number;
  readonly body: Body;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** What listens, or will. */
export interface Listening { readonly server: unknown; readonly http: Pick<NestFastifyApplication, 'listen'> }

export interface Sent { readonly method: string; readonly path: string; readonly headers?: Readonly<Record<string, string | string[]>>; readonly body?: Buffer | string }

/** The port of a service, which listens from then on; who asked first does not matter. */
export async function portOf({ server, http }: Listening): Promise<number> {
  const listening = server as { listening: boolean; address(): AddressInfo };
  if (!listening.listening) await http.listen(0, '127.0.0.1');
  return listening.address().port;
}

/** Connections that stay open, for suites that ask thousands of things: a tenth of what a connection for each costs. */
export class HttpClient {
  private readonly agent: Agent;

  private constructor(private readonly port: number, maxSockets: number) { this.agent = new Agent({ keepAlive: true, maxSockets }); }

  /** The service listens from then on. */
  static async of(service: Listening, maxSockets = 8): Promise<HttpClient> {
    return new HttpClient(await portOf(service), maxSockets);
  }

  /** Of an answer without end (server-sent events) only the head is read, and the connection is cut. */
  send({ method, path, headers = {}, body }: Sent): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request({ port: this.port, host: '127.0.0.1', agent: this.agent, method, path, headers: { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) } }, (answer) => {
        const head = { status: answer.statusCode!, headers: answer.headers as Record<string, string> };
        const type = String(head.headers['content-type'] ?? '');
        if (type.startsWith('text/event-stream')) {
          resolve({ ...head, body: {}, text: '' });
          answer.destroy();
          return;
        }
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => { chunks.push(chunk); }).on('error', reject).on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          try {
            resolve({ ...head, text, body: text && /^application\/(problem\+)?json\b/.test(type) ? JSON.parse(text) as unknown : text });
          } catch {
            reject(new Error(`no JSON: ${text.slice(0, 200)}`));
          }
        });
      });
      sent.on('error', reject).end(body);
    });
  }

  close(): void { this.agent.destroy(); }
}
