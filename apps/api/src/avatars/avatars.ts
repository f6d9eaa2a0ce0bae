import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { processAvatar, type AvatarStore } from '@rolebook/avatars';
import type { CommandContext } from '@rolebook/event-sourcing';
import { UserQueries } from '@rolebook/users/read';
import { ChangeAvatar, UserStreams } from '@rolebook/users/write';
import type { FastifyReply } from 'fastify';
import { AVATARS } from '../composition/tokens';
import { Problem } from '../http/problems';
import type { ApiRequest } from '../http/request';

/** Takes, gives and removes people's pictures. */
@Injectable()
export class Avatars {
  constructor(
    @Inject(AVATARS) private readonly store: AvatarStore, private readonly commands: CommandBus, private readonly streams: UserStreams, private readonly users: UserQueries,
  ) {}

  /**
   * Checks who may, re-encodes the picture, stores it, and only then says so in the log: no event ever points to a picture that is not there.
   * @throws {DomainError} `unsupported-media-type`, `payload-too-large`, and what the user's decider refuses
   */
  async change(context: CommandContext, userId: string, request: ApiRequest): Promise<void> {
    const { body } = request;
    if (!Buffer.isBuffer(body)) throw new Problem('unsupported-media-type', 'Send the picture itself, as image/png, image/jpeg or image/webp.'); // takes precedence over If-Match (RFC 9110, section 13.2.1)
    await this.commands.execute(new ChangeAvatar(context.rehearsal(), userId, 'rehearsal'));
    const picture = await processAvatar(body, request.headers['content-type'] ?? '');
    const version = context.idFor('avatar');
    if (!context.dryRun) await this.store.put(context.businessId, userId, version, picture);
    await this.point(context, userId, version);
  }

  async remove(context: CommandContext, userId: string): Promise<void> {
    await this.point(context, userId, null);
  }

  /** @throws {Problem} `not-found` where there is no picture */
  async send(businessId: string, userId: string, reply: FastifyReply): Promise<void> {
    const user = await this.users.document(businessId, userId);
    const picture = user?.avatar ? await this.store.get(businessId, userId, user.avatar) : null;
    if (!user || !picture) throw new Problem('not-found', 'There is no picture.');
    void reply.header('content-type', 'image/webp').header('cache-control', 'private, max-age=300').header('etag', `"${user.avatar}"`);
    await reply.send(picture);
  }

  private async point(context: CommandContext, userId: string, version: string | null): Promise<void> {
    const { state: before } = await this.streams.load(context, userId);
    await this.commands.execute(new ChangeAvatar(context, userId, version));
    if (!context.dryRun && before.avatar !== null && before.avatar !== version) await this.store.delete(context.businessId, userId, before.avatar);
  }
}
