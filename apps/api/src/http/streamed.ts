import { log } from '@rolebook/log';
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

/** A {@link sendStream} that has an end. One that did not come to it - its reader went away, or took nothing for the time of a connection - leaves a line in the log. */
export async function sendWhole(reply: FastifyReply, stream: Readable): Promise<void> {
  const { raw, request } = reply;
  const { socket } = raw;
  const before = socket?.bytesWritten ?? 0;
  raw.once('close', () => {
    if (!raw.writableFinished) log.warn('an answer was cut off', { requestId: request.id, route: request.routeOptions.url, sent: (socket?.bytesWritten ?? 0) - before });
  });
  await sendStream(reply, stream);
}
