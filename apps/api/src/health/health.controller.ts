import { Controller, Get, HttpCode, Inject, Res } from '@nestjs/common';
import { ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { DocumentStore } from '@rolebook/document-store';
import type { EventStore } from '@rolebook/event-store';
import type { OperationalStore } from '@rolebook/operational-store';
import type { Followers } from '@rolebook/installation';
import type { FastifyReply } from 'fastify';
import { DOCUMENT_STORE, EVENT_STORE, FOLLOWERS, OPERATIONAL_STORE } from '../composition/tokens';
import { Answer } from '../http/api-docs';
import { NoReadModel } from '../http/fresh-reads.guard';
import { Public } from '../http/session.guard';

class LiveAnswer {
  @ApiProperty({ enum: ['ok'] }) status!: string;
}
class ReadyAnswer {
  @ApiProperty({ enum: ['ok', 'down'] }) status!: string;
  @ApiProperty({ type: [String], description: 'What is down.', example: ['eventStore'] }) down!: string[];
  @ApiProperty({ type: 'integer', description: 'Streams that a read model has set aside because of an event it cannot take.' }) parked!: number;
}

@ApiTags('Health')
@Controller('health')
export class HealthController {
  constructor(
    @Inject(EVENT_STORE) private readonly events: EventStore, @Inject(DOCUMENT_STORE) private readonly documents: DocumentStore,
    @Inject(OPERATIONAL_STORE) private readonly operational: OperationalStore, @Inject(FOLLOWERS) private readonly followers: Followers | null,
  ) {}

  /** The process is alive. */
  @Get('live')
  @Public()
  @NoReadModel()
  @HttpCode(200)
  @Answer(200, LiveAnswer)
  live(): LiveAnswer {
    return { status: 'ok' };
  }

  /** The service can do its work; 503 names what is down. */
  @Get('ready')
  @Public()
  @NoReadModel()
  @Answer(200, ReadyAnswer)
  @ApiResponse({ status: 503, type: ReadyAnswer, description: 'Something is down.' })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadyAnswer> {
    const stores = { eventStore: this.events, documentStore: this.documents, operationalStore: this.operational };
    const down = (await Promise.all(Object.entries(stores).map(([name, store]) => store.ping().then(() => [], () => [name])))).flat();
    const { failure, readModels } = this.followers?.projector.status() ?? { failure: null, readModels: [] };
    if (failure !== null) down.push('projections');
    if (down.length > 0) void reply.status(503);
    return { status: down.length === 0 ? 'ok' : 'down', down, parked: readModels.reduce((sum, { parked }) => sum + parked.length, 0) };
  }
}
