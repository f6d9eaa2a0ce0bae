import fc from 'fast-check';
import type { Answer } from '../e2e/harness';
import { HttpClient } from '../e2e/http-client';
import { OpenApiChecker, type ApiDocument } from '../e2e/openapi-checker';
import { drawnFrom, type Drawn, type FuzzedDocument } from './requests';
import { World } from './world';

/** The suite draws the same requests each time; `npm run fuzz -- --seed N --cases N` draws others, and those of a seed again. */
const SEED = Number(process.env['ROLEBOOK_FUZZ_SEED'] ?? 1);
const CASES = Number(process.env['ROLEBOOK_FUZZ_CASES'] ?? 3_000);
const BATCH = 250;

/** All that a refused request may leave behind: that it was refused. */
const REFUSALS = new Set(['AccessRefused', 'SignInRefused', 'PasswordCheckRefused', 'PasswordResetRefused', 'TwoFactorCodeRefused', 'RefreshTokenReused']);
/** All that looking may leave behind: that somebody looked. */
const LOOKS = new Set(['AuditLogReviewed', 'AuditLogExported']);
const NEVER_SAID = /FST_|node_modules|\bat \S+ \(|SQLITE|Mongo|better-sqlite|TypeError|SyntaxError|\bNest|fastify|\[object Object\]/;

describe(`every route, asked ${CASES} things that were drawn from the OpenAPI document (ROLEBOOK_FUZZ_SEED=${SEED})`, () => {
  let world: World;
  let client: HttpClient;
  let checker: OpenApiChecker;
  let document: ApiDocument & FuzzedDocument;
  const answered = new Map<string, number>();
  const accepted = new Set<string>();

  beforeAll(async () => {
    world = await World.make();
    client = await HttpClient.of(world.service);
    document = (await world.service.call('GET', '/openapi.json')).body as ApiDocument & FuzzedDocument;
    checker = new OpenApiChecker(document);
  }, 120_000);
  afterAll(async () => {
    client.close();
    await world.service.dispose();
  });

  /** @returns what is wrong with the answer, or `null` */
  async function objection(request: Drawn): Promise<string | null> {
    const before = await world.service.installation.events.head();
    const answer = await client.send(request);
    answered.set(request.route, (answered.get(request.route) ?? 0) + 1);
    if (answer.status < 300) accepted.add(request.route);
    const wrong = wrongIn(request, answer) ?? wrongBySchema(request, answer);
    const events = await world.service.installation.events.readAll({ after: before, limit: 1_000 });
    const allowed = answer.status >= 400 || request.path.includes('dryRun=true') ? REFUSALS : ['GET', 'HEAD'].includes(request.method) ? LOOKS : null;
    const left = allowed === null ? [] : events.map(({ type }) => type).filter((type) => !allowed.has(type));
    await world.take(request, answer);
    return wrong ?? (left.length > 0 ? `${answer.status}, but ${left.join(', ')} was written` : null);
  }

  function wrongBySchema({ method, path, body, headers }: Drawn, answer: Answer): string | null {
    try {
      const counts = !['GET', 'HEAD'].includes(method) && answer.status < 400 && typeof body === 'string' && body !== '' && String(headers['content-type']).startsWith('application/json');
      const sent = counts ? JSON.parse(body.replace(/^\ufeff/, '')) as unknown : undefined;
      checker.check({ method, path, sent, ...answer });
      return null;
    } catch (error) {
      // The document and its page are static files, and as such deaf to parameters.
      return /^\/(openapi\.json|docs)\?/.test(path) && (error as Error).message.includes(': took ?') ? null : (error as Error).message;
    }
  }

  const batches = Array.from({ length: Math.ceil(CASES / BATCH) }, (_, i) => i);
  it.each(batches)('batch %i: no fault, nothing undocumented, nothing changed by what is refused', async (batch) => {
    await world.revive();
    const requests = fc.sample(drawnFrom(document), { seed: SEED + batch, numRuns: Math.min(BATCH, CASES - batch * BATCH) });
    const found: string[] = [];
    for (const drawn of requests) {
      const request = world.fill(drawn);
      const wrong = await objection(request);
      if (wrong) found.push(`as ${request.who}: ${request.method} ${request.path.slice(0, 200)} ${JSON.stringify({ ...request.headers, authorization: undefined }).slice(0, 300)} ${String(request.body ?? '').slice(0, 300)}\n -> ${wrong}`);
    }
    expect(found).toEqual([]);
  }, 300_000);

  it('came to every route, and was let in by most', () => {
    if (CASES < 3_000) return;
    const routes = Object.entries(document.paths).flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`));
    expect(routes.filter((route) => !answered.has(route))).toEqual([]);
    expect(accepted.size).toBeGreaterThan(routes.length * 0.7);
  });
});

/** What holds of every answer, whatever was asked. */
function wrongIn({ method }: Drawn, { status, headers, body, text }: Answer): string | null {
  if (status >= 500) return `a fault: ${text.slice(0, 300)}`;
  if (status < 400) return null;
  if (headers['content-type'] !== 'application/problem+json') return `${status} is no problem document: ${headers['content-type']}`;
  if (method === 'HEAD') return null;
  const { type, title, status: told, detail, requestId, errors, ...more } = body as Record<string, unknown>;
  const whole = /^urn:rolebook:problem:[a-z-]+$/.test(String(type)) && typeof title === 'string' && told === status && typeof detail === 'string' && requestId === headers['x-request-id'] && (errors === undefined || Array.isArray(errors)) && Object.keys(more).length === 0;
  if (!whole) return `the problem document is not whole: ${text.slice(0, 300)}`;
  return NEVER_SAID.test(text.replace(/"(pointer|message)":"[^"]*"/g, '')) ? `tells of the machinery: ${text.slice(0, 300)}` : null;
}
