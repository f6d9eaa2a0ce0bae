import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** The network in front of the server: where connections are cut, swallowed or refused. */
export class Front {
  private readonly pairs = new Set<{ readonly near: Socket; readonly far: Socket; silent: boolean }>();
  private server: Server | null = null;
  private port = 0;
  private countdown: { left: number; readonly done: () => void } | null = null;

  constructor(private readonly target: number) {}

  /** @param port 0 for any free one. @returns the port */
  async open(port: number): Promise<number> {
    const server = createServer((near) => this.join(near));
    this.server = server;
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    return this.port;
  }

  /** Refuses new connections and cuts those there are, as a server that is not running. */
  async shut(): Promise<void> {
    const server = this.server;
    this.server = null;
    const closed = new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    this.cut();
    await closed;
  }

  async reopen(): Promise<void> {
    if (!this.server) await this.open(this.port);
  }

  /** Cuts every connection. */
  cut(): void {
    for (const { near, far } of this.pairs) {
      near.destroy();
      far.destroy();
    }
  }

  /** Swallows whatever comes on the connections there are, both ways, without closing them: a router that forgot them. New ones work. */
  swallow(): void {
    for (const pair of this.pairs) pair.silent = true;
  }

  /** Resolves in the moment in which the n-th message from now on, from 1, would have gone to the server. It does not, nor does anything after it on that connection. */
  message(n: number): Promise<void> {
    return new Promise((done) => (this.countdown = { left: n, done }));
  }

  private join(near: Socket): void {
    // It was on its way when the others were cut; let in now, it would live on, and keep the server from ever being closed.
    if (!this.server) return void near.destroy();
    const pair = { near, far: connect(this.target, '127.0.0.1'), silent: false };
    this.pairs.add(pair);
    const pipe = (from: Socket, to: Socket): void => {
      from.setNoDelay(true);
      from.on('data', (bytes) => {
        if (from === near) this.count(pair);
        if (!pair.silent && !to.write(bytes)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
      });
      from.on('error', () => from.destroy());
      from.on('close', () => {
        to.destroy();
        this.pairs.delete(pair);
      });
    };
    pipe(near, pair.far);
    pipe(pair.far, near);
  }

  private count(pair: { silent: boolean }): void {
    if (!this.countdown || --this.countdown.left > 0) return;
    pair.silent = true; // this one does not get through any more
    this.countdown.done();
    this.countdown = null;
  }
}
