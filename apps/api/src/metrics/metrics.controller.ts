import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Config } from '@rolebook/installation';
import type { FastifyReply } from 'fastify';
import { CONFIG } from '../composition/tokens';
import { Answer } from '../http/api-docs';
import { NoReadModel } from '../http/fresh-reads.guard';
import { Problem } from '../http/problems';
import { Public } from '../http/session.guard';
import { Metrics } from './metrics';

@ApiTags('Health')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics, @Inject(CONFIG) private readonly config: Config) {}

  /** Prometheus' text format. Not here where it has a port of its own. */
  @Get()
  @Public()
  @NoReadModel()
  @Answer(200, null, ['not-found'], { description: 'What operators watch.', produces: 'text/plain' })
  async get(@Res() reply: FastifyReply): Promise<void> {
    if (this.config.metricsPort !== null) throw new Problem('not-found', 'There is nothing here.');
    await reply.header('content-type', this.metrics.contentType).send(await this.metrics.text());
  }
}
