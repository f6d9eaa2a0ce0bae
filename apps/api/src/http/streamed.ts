import type { FastifyReply } from 'fastify';
import type { Readable } from 'node:stream';

/**
 * Answers with a stream that is over when the answer is. Left to itself, Fastify answers a HEAD by reading the stream to its end with nobody
 * there to take it: the whole of an export, or one that never ends.
 */
export async function sendStream(reply: FastifyReply, stream: Readable): Promise<void> {
  reply.raw.once('close', () => stream.destroy());
  await reply.send(stream);
}
