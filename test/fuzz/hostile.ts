import fc from 'fast-check';

/** Texts that parsers, databases, terminals and templates have stumbled over. */
export const HOSTILE_TEXTS: readonly string[] = [
  '', ' ', '\t\n', '\0', 'a\0b', '\u0007\u001b[31m', '\ud800', 'x\udfff', '\u202eevil', '\ufeffbom', '\u0000__proto__', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'null', 'undefined', 'NaN', 'true', '[object Object]',
  '../../etc/passwd', '..%2f..%2f', '%00', '%', '%zz', '\\', '/', '//', '.', '..', ';', '?', '#', '&', 'a=b&c=d', "' OR '1'='1", '{"$gt":""}', '$where', '<script>alert(1)</script>', '{{7*7}}', '${7*7}', '=cmd|/c calc', '\r\nX-Injected: yes', 'a\r\n\r\nb',
  'ﬁ\u0130\u0131ß', '👩‍👩‍👧‍👦', 'é'.normalize('NFD'), 'ก็้', 'x'.repeat(256), 'x'.repeat(1001), '\u{1F600}'.repeat(101), '9'.repeat(400), '-1', '0', '1e309', '0x10', '٣', '2026-02-31T00:00:00Z', '2026-01-01T24:00:00Z', '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:60Z', '+275760-09-13T00:00:00.000Z', '2026-01-01T00:00:00+99:99', '01890000-0000-7000-8000-000000000000', '01890000-0000-7000-8000-00000000000G', '{01890000-0000-7000-8000-000000000000}', '00000000-0000-0000-0000-000000000000',
  'user@example', 'user@[127.0.0.1]', '"a b"@example.com', 'user@xn--a.example', 'user@exa mple.com', `${'a'.repeat(65)}@example.com`, 'user@-.example', '@', 'a@b@c.example', 'USER@EXAMPLE.COM\u0000', 'eyJhbGciOiJub25lIn0.e30.', 'a.b.c', '+66', '+66 (0)81-234 5678',
];

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

/** A JSON value of any kind, hostile ones first. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(...HOSTILE_TEXTS),
  fc.constantFrom<unknown>(null, true, false, 0, -0, -1, 0.5, 1e308, 2 ** 53, Number.MAX_SAFE_INTEGER, [], {}, [[]], [null], { $gt: '' }, { length: 1 }, { toString: 1 }, ['super-admin']),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.jsonValue({ maxDepth: 3 }),
);

/** What a text in a header, path or query may be. */
export const hostileText: fc.Arbitrary<string> = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...HOSTILE_TEXTS) }, { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) });

/** Bodies that are no JSON object, or not what they say they are; each with the headers it comes with. */
export const HOSTILE_BODIES: readonly (readonly [body: Buffer | string, headers: Readonly<Record<string, string>>])[] = [
  ['', { 'content-type': 'application/json' }], ['{', { 'content-type': 'application/json' }], ['{"a":1,}', { 'content-type': 'application/json' }], ['null', { 'content-type': 'application/json' }], ['[]', { 'content-type': 'application/json' }],
  ['"text"', { 'content-type': 'application/json' }], ['1', { 'content-type': 'application/json' }], ['{"a":1}{"a":1}', { 'content-type': 'application/json' }], ['\ufeff{}', { 'content-type': 'application/json' }], [nested(5_000), { 'content-type': 'application/json' }],
  [`{"a":${nested(20_000)}}`, { 'content-type': 'application/json' }], [`{"displayName":"${'x'.repeat(200_000)}"}`, { 'content-type': 'application/json' }], ['{"__proto__":{"role":"super-admin"}}', { 'content-type': 'application/json' }],
  ['{"constructor":{"prototype":{"role":"super-admin"}}}', { 'content-type': 'application/json' }], ['{"role":"crew","role":"super-admin"}', { 'content-type': 'application/json' }], ['{"displayName":"\\ud800"}', { 'content-type': 'application/json' }],
  [Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), { 'content-type': 'application/json' }], [Buffer.from('{"displayName":"Utf Sixteen"}', 'utf16le'), { 'content-type': 'application/json; charset=utf-16' }],
  ['{}', { 'content-type': 'text/plain' }], ['{}', { 'content-type': 'application/xml' }], ['a=1', { 'content-type': 'application/x-www-form-urlencoded' }], ['--x\r\n\r\n--x--', { 'content-type': 'multipart/form-data; boundary=x' }], ['{}', {}], ['{}', { 'content-type': 'x' }],
  ['{}', { 'content-type': 'application/json, text/plain' }], ['{}', { 'content-type': 'application/json;'.repeat(20) }], [Buffer.from('H4sIAAAAAAAAA6uuBQBDv6ajAgAAAA==', 'base64'), { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
  [Buffer.from('not a picture at all'), { 'content-type': 'image/png' }], [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), { 'content-type': 'image/svg+xml' }], [Buffer.from('89504e470d0a1a0a0000000d49484452ffffffffffffffff0806000000', 'hex'), { 'content-type': 'image/png' }],
];

/** Headers that lie about who asks, from where, or what is meant. */
export const HOSTILE_HEADERS: readonly Readonly<Record<string, string | string[]>>[] = [
  { 'x-http-method-override': 'DELETE' }, { 'x-forwarded-for': '127.0.0.1, ::1, evil' }, { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'javascript' }, { host: 'evil.example' }, { 'x-original-url': '/v1/me' }, { 'x-request-id': '../../x\u00ff' },
  { 'user-agent': '=1+1\u00ff<script>'.repeat(20) }, { accept: 'text/html;q=x' }, { 'accept-language': 'x'.repeat(500) }, { origin: 'null' }, { range: 'bytes=0-1' }, { 'if-none-match': '*' }, { 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' }, { expect: '100-continue' }, { cookie: 'session=1; __proto__=1' },
  { 'if-match': '*' }, { 'if-match': 'W/"1"' }, { 'if-match': '"1", "2"' }, { 'if-match': '"99999999999999999999"' }, { 'if-match': '1' }, { 'if-match': '"-1"' }, { 'if-match': '' }, { 'if-match': '"1e2"' },
  { 'idempotency-key': 'k'.repeat(256) }, { 'idempotency-key': '' }, { 'idempotency-key': '\u00e9\u00ff' }, { 'rolebook-after': 'x' }, { 'rolebook-after': '-1' }, { 'rolebook-after': '1e9' }, { 'rolebook-device': 'x'.repeat(3000) }, { 'rolebook-device': '__proto__' }, { 'last-event-id': '-1' }, { 'last-event-id': '99999999999999999999' },
  { authorization: 'Bearer' }, { authorization: 'Bearer a.b.c' }, { authorization: 'Basic YTpi' }, { authorization: 'bearer \u00ff' }, { authorization: `Bearer ${'x'.repeat(9000)}` }, { traceparent: '00-x-y-z' }, { traceparent: `00-${'f'.repeat(32)}-${'f'.repeat(16)}-ff` }, { connection: 'close' },
];
