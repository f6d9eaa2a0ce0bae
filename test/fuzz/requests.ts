import fc from 'fast-check';
import { fitting, pooled, spoilt, type Schema } from './from-schema';
import { HOSTILE_BODIES, HOSTILE_HEADERS, hostileText } from './hostile';

interface Parameter { readonly name: string; readonly in: 'path' | 'query' | 'header'; readonly required?: boolean; readonly schema: Schema }
interface Operation { readonly parameters?: readonly Parameter[]; readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> } }
export interface FuzzedDocument { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>; readonly components: { readonly schemas: Readonly<Record<string, Schema>> } }

/** A request as it was drawn: placeholders stand where earlier answers are to be used. */
export interface Drawn {
  readonly route: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
  /** Which of the sessions asks. */
  readonly as: number;
}

/** The smallest PNG there is: one pixel. */
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'];
type Part = readonly [text: string];

/** Requests of every route: seven in ten whole, the others with one or two things wrong. */
export function drawnFrom(document: FuzzedDocument): fc.Arbitrary<Drawn> {
  const routes = Object.entries(document.paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })));
  return fc.constantFrom(...routes).chain(({ method, path, operation }) => {
    const parameters = operation.parameters ?? [];
    const of = (kind: Parameter['in']) => parameters.filter((parameter) => parameter.in === kind);
    const whole = fc.record({
      path: pathOf(path, of('path'), document), query: queryOf(of('query'), document), headers: headersOf(of('header'), document), body: bodyOf(operation, document), as: fc.nat(),
    });
    return fc.tuple(whole, fc.oneof({ weight: 7, arbitrary: fc.constant<Partial<Wrong>>({}) }, { weight: 3, arbitrary: wrongOf(path, operation, document) })).map(([request, wrong]): Drawn => {
      const body = 'body' in wrong ? wrong.body : request.body;
      const query = wrong.query === undefined ? request.query : [request.query, wrong.query].filter(Boolean).join('&');
      return {
        route: `${method} ${path}`, method: wrong.method ?? method, as: request.as, path: `${wrong.path ?? request.path}${query ? `?${query}` : ''}`,
        headers: { ...request.headers, ...body?.[1], ...wrong.headers }, ...(body ? { body: body[0] } : {}),
      };
    });
  });
}

type Body = readonly [body: string | Buffer, headers: Readonly<Record<string, string>>] | undefined;
interface Wrong { readonly method: string; readonly path: string; readonly query: string; readonly headers: Readonly<Record<string, string | string[]>>; readonly body: Body }

function wrongOf(path: string, operation: Operation, document: FuzzedDocument): fc.Arbitrary<Partial<Wrong>> {
  const schema = operation.requestBody?.content['application/json']?.schema;
  const names = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query').map(({ name }) => name);
  const bodies: fc.Arbitrary<Body> = fc.oneof({ weight: 1, arbitrary: fc.constantFrom<Body>(...HOSTILE_BODIES, undefined) }, ...(schema ? [{ weight: 3, arbitrary: spoilt(schema, document.components.schemas).map(inJson) }] : []));
  const query = fc.oneof(
    fc.tuple(fc.constantFrom(...names, 'x', '__proto__', 'dryRun'), hostileText).map(([name, value]) => `${encoded(name)}=${encoded(value)}`),
    fc.constantFrom('dryRun=true&dryRun=true', 'dryRun=yes', 'dryRun', 'dryRun[]=true', 'dryRun[a]=b', '&&=', '%zz=1', 'a=%ff', 'limit=0', 'limit=201', 'limit=1e2', 'limit=-1', 'limit=1&limit=2', 'count=1', 'at=2999-01-01T00:00:00Z', 'cursor=', 'sort=__proto__', 'status=active,active', 'status=,', 'q=%00'),
  );
  const paths = fc.oneof(
    hostileText.map((text) => path.replace(/\{\w+\}/g, encoded(text))),
    fc.constantFrom((p: string) => `${p}/`, (p: string) => p.replace('/v1', '//v1'), (p: string) => p.replace(/\/(\w+)$/, '%2F$1'), (p: string) => p.toUpperCase(), (p: string) => `${p}/../..`, (p: string) => p.replace('/v1/', '/v1/./'), (p: string) => `${p};x=1`, (p: string) => `${p}%00`, (p: string) => `/x/..${p}`)
      .map((spoil) => spoil(path.replaceAll('{id}', '{{users}}').replaceAll('{sid}', '{{sessions}}'))),
  );
  return fc.oneof(
    fc.record({ body: bodies }), fc.record({ body: bodies }), fc.record({ query }), fc.record({ headers: fc.constantFrom(...HOSTILE_HEADERS) }), fc.record({ path: paths }),
    fc.record({ method: fc.constantFrom(...METHODS) }), fc.record({ query, body: bodies, headers: fc.constantFrom(...HOSTILE_HEADERS) }),
  );
}

const valueOf = ({ name, schema }: Parameter, { components }: FuzzedDocument): fc.Arbitrary<string> => fitting(schema, components.schemas, name).map((value) => (Array.isArray(value) ? value.join(',') : String(value)));

function pathOf(path: string, parameters: readonly Parameter[], document: FuzzedDocument): fc.Arbitrary<string> {
  return fc.tuple(...parameters.map((parameter) => (pooled(parameter.name) ?? valueOf(parameter, document)).map((value): Part => [value])))
    .map((values) => parameters.reduce((filled, { name }, i) => filled.replace(`{${name}}`, values[i]![0]), path));
}

function queryOf(parameters: readonly Parameter[], document: FuzzedDocument): fc.Arbitrary<string> {
  return fc.tuple(...parameters.map((parameter) => fc.tuple(fc.nat({ max: 3 }), valueOf(parameter, document)).map(([skip, value]) => (parameter.required || skip === 0 ? `${parameter.name}=${encoded(value)}` : ''))))
    .map((parts) => parts.filter(Boolean).join('&'));
}

function headersOf(parameters: readonly Parameter[], document: FuzzedDocument): fc.Arbitrary<Record<string, string>> {
  return fc.tuple(...parameters.map((parameter) => fc.tuple(fc.nat({ max: 4 }), valueOf(parameter, document)).map(([skip, value]) => (parameter.required || skip === 0 ? [parameter.name.toLowerCase(), latin1(value)] as const : null))))
    .map((headers) => Object.fromEntries(headers.filter((header) => header !== null)));
}

function bodyOf(operation: Operation, { components }: FuzzedDocument): fc.Arbitrary<Body> {
  const content = operation.requestBody?.content;
  if (!content) return fc.constant(undefined);
  const json = content['application/json'];
  return json ? fitting(json.schema, components.schemas).map(inJson) : fc.constant<Body>([PIXEL, { 'content-type': 'image/png' }]);
}

const inJson = (value: unknown): Body => [JSON.stringify(value) ?? 'null', { 'content-type': 'application/json' }];

/** What may stand in a header: the rest no client can send. */
const latin1 = (text: string): string => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?');

/** Percent-encoded, placeholders left; half a surrogate pair in the encoding of CESU-8, which no decoder takes. */
function encoded(text: string): string {
  return text.split(/(\{\{\w+\}\})/).map((part, i) => (i % 2 === 1 ? part : !/\p{Surrogate}/u.test(part) ? encodeURIComponent(part) : '%ED%A0%80')).join('');
}
