import type { FastifyReply } from 'fastify';

/** Sends what is JSON text already. */
export function sendJson(reply: FastifyReply, text: string | Buffer): void {
  void reply.header('content-type', 'application/json; charset=utf-8').send(text);
}
