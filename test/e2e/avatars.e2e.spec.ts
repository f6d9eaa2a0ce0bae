import sharp from 'sharp';
import request from 'supertest';
import { business, expectStatus, member, problemOf, Service, type Answer, type Business, type Person } from './harness';

describe('avatars over HTTP', () => {
  let service: Service;
  let biz: Business;
  let crew: Person;
  const picture = (format: 'png' | 'jpeg' | 'webp') => sharp({ create: { width: 400, height: 300, channels: 3, background: '#c33' } }).withMetadata({ exif: { IFD0: { Artist: 'Somchai' } } }).toFormat(format).toBuffer();

  beforeAll(async () => {
    service = await Service.start();
    biz = await business(service);
    crew = await member(service, biz, 'crew');
  });
  afterAll(() => service.dispose());

  const put = async (path: string, token: string, type: string, body: Buffer): Promise<Answer> => {
    const { status, body: answer, headers, text } = await request(service.server).put(path).set('authorization', `Bearer ${token}`).set('content-type', type).send(body);
    return { status, body: answer as unknown, headers: headers, text };
  };
  const get = (path: string, token: string) => request(service.server).get(path).set('authorization', `Bearer ${token}`).buffer(true).parse((res, done) => {
    const parts: Buffer[] = [];
    res.on('data', (part: Buffer) => parts.push(part)).on('end', () => done(null, Buffer.concat(parts)));
  });

  it.each(['png', 'jpeg', 'webp'] as const)('keeps a %s as 256 x 256 WebP without metadata', async (format) => {
    const changed = await put('/v1/me/avatar', crew.token, `image/${format}`, await picture(format));
    expectStatus(changed, 200);
    const { body, headers } = await get(changed.body.avatarUrl as string, biz.owner.token);
    const { width, height, format: kept, exif } = await sharp(body as Buffer).metadata();
    expect({ type: headers['content-type'], width, height, kept, exif }).toEqual({ type: 'image/webp', width: 256, height: 256, kept: 'webp', exif: undefined });
  });

  it('a new picture has a new address, and none after it was removed', async () => {
    const first = (await put('/v1/me/avatar', crew.token, 'image/png', await picture('png'))).body.avatarUrl as string;
    const second = (await put(`/v1/users/${crew.id}/avatar`, biz.owner.token, 'image/png', await picture('png'))).body.avatarUrl as string;
    expect(second).not.toBe(first);
    expectStatus(await service.call('DELETE', '/v1/me/avatar', undefined, { token: crew.token }), 204);
    expect(problemOf(await service.call('GET', '/v1/me/avatar', undefined, { token: crew.token }))).toBe('not-found');
    expect((await service.call('GET', '/v1/me', undefined, { token: crew.token })).body.avatarUrl).toBeNull();
  });

  it.each([
    ['an SVG', 'image/svg+xml', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['an SVG that says it is a PNG', 'image/png', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['a text', 'text/plain', Buffer.from('no picture')],
  ])('refuses %s', async (_what, type, body) => {
    expect(problemOf(await put('/v1/me/avatar', crew.token, type, body))).toBe('unsupported-media-type');
  });

  it('refuses more than 5 MiB', async () => {
    expect(problemOf(await put('/v1/me/avatar', crew.token, 'image/png', Buffer.alloc(5 * 1024 * 1024 + 1)))).toBe('payload-too-large');
  });

  it('refuses somebody else\'s, before any picture is looked at', async () => {
    expect(problemOf(await put(`/v1/users/${biz.owner.id}/avatar`, crew.token, 'image/png', Buffer.from('no picture')))).toBe('forbidden');
  });
});
