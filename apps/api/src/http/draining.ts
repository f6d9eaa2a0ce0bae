import type { FastifyInstance } from 'fastify';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests under way when the service is told to stop have so long to end; then their connections are cut. */
export const DRAIN_MS = 8_000;

/**
 * Lets go of connections when the application closes: at once of those on which no request is under way - `server.close()` alone waits for one that never
 * sent anything, or half a request, until its time is up - and of each other one as soon as it is answered.
 * @param within milliseconds that requests under way may take
 */
export function drainAtClose(fastify: Pick<FastifyInstance, 'server' | 'addHook'>, within = DRAIN_MS): void {
  const underWay = new Map<Socket, number>();
  let closing = false;
  /** One function for all answers, which say themselves of which connection they are: a new one for each is dearer than all the rest of this. */
  function ended(this: ServerResponse): void {
    const { socket } = this.req;
    const begun = underWay.get(socket);
    if (begun === undefined) return;
    underWay.set(socket, begun - 1);
    if (closing && begun === 1) socket.end();
  }
  fastify.server.on('connection', (socket: Socket) => {
    if (closing) return void socket.destroy();
    underWay.set(socket, 0);
    socket.once('close', () => { underWay.delete(socket); });
  });
  // Before whatever answers: a request that is answered at once has begun before it ends.
  fastify.server.prependListener('request', ({ socket }, response) => {
    const begun = underWay.get(socket);
    if (begun === undefined) return;
    underWay.set(socket, begun + 1);
    response.on('close', ended);
  });
  fastify.addHook('preClose', (done) => {
    closing = true;
    for (const [socket, requests] of underWay) if (requests === 0) socket.destroy();
    setTimeout(() => { for (const socket of underWay.keys()) socket.destroy(); }, within).unref();
    done();
  });
}
