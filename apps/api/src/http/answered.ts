import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** What is told of each answer once it was given: where it belongs, how it went, and how long it took. */
export type AnsweredRequest = Pick<FastifyRequest, 'id' | 'method' | 'routeOptions'>;
export type AnsweredReply = Pick<FastifyReply, 'statusCode' | 'elapsedTime'>;
export type Answered = (request: AnsweredRequest, reply: AnsweredReply) => void;

/** Tells of every answer that Fastify gives. @returns the same, to be told of those given without it */
export function onAnswered(fastify: Pick<FastifyInstance, 'addHook'>, answered: Answered): Answered {
  fastify.addHook('onResponse', (request, reply, done) => {
    answered(request, reply);
    done();
  });
  return answered;
}
