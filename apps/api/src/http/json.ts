import type { FastifyReply } from 'fastify';

/** Sends what is JSON text already. */
export function sendJson(reply: FastifyReply, text: string | Buffer): void {
  void reply.header('content-type', 'application/json; charset=utf-8').send(text);
}

/** A reply that takes the bytes of its body as the characters of a text: see {@link sendJsonBytes}. */
export interface TakesBytes { sendBytes(text: string): unknown }

/** Sends JSON text whose characters are the bytes of its UTF-8. Where the reply takes them so, head and body go out as one text, and no buffer is made. */
export function sendJsonBytes(reply: FastifyReply | (FastifyReply & TakesBytes), text: string): void {
  const typed = reply.header('content-type', 'application/json; charset=utf-8');
  if ('sendBytes' in typed) (typed as TakesBytes).sendBytes(text);
  else void typed.send(Buffer.from(text, 'latin1'));
}
