import Fastify from 'fastify';

/**
 * The yardstick of reads: Fastify with one route and nothing else, answering with the same bytes as ours.
 * Told what to answer in its first message; says its port.
 */
process.once('message', ({ status, body }: { readonly status: number; readonly body: string }) => {
  const fastify = Fastify({ logger: false });
  fastify.get('/*', (_request, reply) => {
    void reply.status(status);
    if (body === '') return void reply.send();
    void reply.header('content-type', 'application/json; charset=utf-8').send(body);
  });
  void fastify.listen({ port: 0, host: '127.0.0.1' }).then(() => process.send?.({ port: (fastify.server.address() as { port: number }).port }));
});
