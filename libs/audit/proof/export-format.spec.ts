import { formatLine, MalformedLine, parseLine, readableHash, readablePart, type EntryProof } from './export-format';
import { SEGMENT_LINES, parseSeal, sealText, signSeal, type SealStatement } from './export-seal';
import { checkTree } from './export-tree-check';
import { leafHash } from './merkle-hash';
import { CompactRange, consistencyPath, rootHash } from './merkle-tree';
import { MemoryMerkleNodes } from './memory-merkle-nodes';
import { Problems } from './problems';
import { formatNote, MalformedNote, signNote } from './signed-note';
import { signingKey } from './spec-helpers';

const hashOf = (text: string) => leafHash(Buffer.from(text));
const event = { id: 'e', type: 'T', stream: 's', revision: 0, recordedAt: 'r', data: '{}', metadata: '{}' };
const proof: EntryProof = { leafIndex: 0, event, leafHash: hashOf('leaf'), entryHash: hashOf('entry'), path: [hashOf('a'), hashOf('b')], seal: 'seal' };
const readable = '{"id":"e","reason":"a \\"proof\\":{ in a text"';
const line = formatLine(readable, proof);

describe('a line of an export', () => {
  it('is the entry, and its proof behind it', () => {
    const b64 = (text: string) => Buffer.from(hashOf(text)).toString('base64');
    expect(line).toBe(`${readable},"proof":{"leafIndex":0,"event":{"id":"e","type":"T","stream":"s","revision":0,"recordedAt":"r","data":"{}","metadata":"{}"},"leafHash":"${b64('leaf')}","entryHash":"${b64('entry')}","path":["${b64('a')}","${b64('b')}"],"seal":"seal"}}`);
    expect(parseLine(line)).toEqual({ entry: { id: 'e', reason: 'a "proof":{ in a text' }, readableHash: hashOf(readable), proof: { ...proof, leafHash: Buffer.from(proof.leafHash), entryHash: Buffer.from(proof.entryHash), path: proof.path!.map((hash) => Buffer.from(hash)) } });
  });

  it('has the JSON of the entry without its last brace for its readable part', () => {
    const entry = { id: 'e', reason: 'x' } as unknown as Parameters<typeof readablePart>[0];
    expect(readablePart(entry)).toBe('{"id":"e","reason":"x"');
    expect(readableHash('text')).toEqual(hashOf('text'));
  });

  it('may have neither path nor seal', () => {
    const { path: _, seal: __, ...bare } = proof;
    expect(Object.keys(parseLine(formatLine(readable, bare)).proof)).toEqual(['leafIndex', 'event', 'leafHash', 'entryHash']);
  });

  const NO_JSON = 'this is no JSON: the line was changed, or cut off';
  const NOT_AS_WRITTEN = 'the proof is not as the export wrote it: it was changed, or the file was converted';
  it.each<[string, string, string]>([
    ['empty', '', 'the line is empty'], ['without a readable part', line.slice(readable.length), NO_JSON], ['cut off', line.slice(0, 20), NO_JSON], ['no object', '[]', 'this is no JSON object'], ['null', 'null', 'this is no JSON object'], ['a number', '7', 'this is no JSON object'],
    ['an entry alone', '{"id":"e"}', 'the entry has no proof: this is no export in NDJSON form, or the proof was taken out'],
    ['an entry that is broken', line.replace('{"id"', '{id'), NO_JSON], ['a proof that is broken', line.replace('"leafIndex":0', '"leafIndex":'), NO_JSON], ['without its last brace', line.slice(0, -1), NO_JSON],
    ['another end', `${line.slice(0, -1)} `, NOT_AS_WRITTEN], ['a negative place', line.replace('"leafIndex":0', '"leafIndex":-1'), NOT_AS_WRITTEN], ['a place between', line.replace('"leafIndex":0', '"leafIndex":0.5'), NOT_AS_WRITTEN],
    ['a place as a text', line.replace('"leafIndex":0', '"leafIndex":"0"'), NOT_AS_WRITTEN], ['no event', line.replace(/"event":\{.*\},"leafHash/, '"event":null,"leafHash'), NOT_AS_WRITTEN], ['a number for the event', line.replace(/"event":\{.*\},"leafHash/, '"event":7,"leafHash'), NOT_AS_WRITTEN],
    ['an id that is no text', line.replace('{"id":"e","type"', '{"id":7,"type"'), NOT_AS_WRITTEN], ['data that are no text', line.replace('"data":"{}"', '"data":{}'), NOT_AS_WRITTEN], ['a revision as a text', line.replace('"revision":0', '"revision":"0"'), NOT_AS_WRITTEN],
    ['a short hash', line.replace(/"leafHash":"..../, '"leafHash":"'), NOT_AS_WRITTEN], ['a hash that is none', line.replace(/"entryHash":"[^"]+"/, '"entryHash":7'), NOT_AS_WRITTEN],
    ['a path that is none', line.replace(/"path":\[.*\]/, '"path":{}'), NOT_AS_WRITTEN], ['a path with a short hash', line.replace(/"path":\["..../, '"path":["'), NOT_AS_WRITTEN], ['a seal that is no text', line.replace('"seal":"seal"', '"seal":7'), NOT_AS_WRITTEN],
    ['a member more', line.replace('"leafIndex":0', '"more":1,"leafIndex":0'), NOT_AS_WRITTEN],
  ])('is refused: %s', (_what, text, why) => {
    expect(() => parseLine(text)).toThrow(expect.objectContaining({ name: 'MalformedLine', message: why }));
    expect(() => parseLine(text)).toThrow(MalformedLine);
  });

  it('is refused as no JSON with what the parser said as the cause', () => {
    expect(() => parseLine('{"id')).toThrow(expect.objectContaining({ message: NO_JSON, cause: expect.any(SyntaxError) }));
  });
});

describe('a seal', () => {
  const { signer } = signingKey();
  const statement: SealStatement = { businessId: 'b1', from: 257, to: 600, end: true, entriesRoot: hashOf('entries'), tree: { size: 600, rootHash: hashOf('root') }, filter: null, at: '2026-11-24T11:00:00.000Z' };
  const seal = (text: string) => formatNote(signNote(text, signer));

  it('says what it is over, a line each, and is read as it was written', () => {
    const [entries, root] = [statement.entriesRoot, statement.tree.rootHash].map((hash) => Buffer.from(hash).toString('base64'));
    expect(sealText(statement)).toBe(`rolebook-export/b1\nlines 257-600 end\nentries ${entries}\ntree 600 ${root}\nfilter none\nat 2026-11-24T11:00:00.000Z\n`);
    expect(sealText({ ...statement, end: false, filter: 'a=b' })).toContain('lines 257-600 more\n');
    for (const one of [statement, { ...statement, end: false, filter: 'action=x' }]) {
      const read = parseSeal(signSeal(one, signer)).statement;
      expect({ ...read, entriesRoot: Uint8Array.from(read.entriesRoot), tree: { ...read.tree, rootHash: Uint8Array.from(read.tree.rootHash) } }).toEqual({ ...one, entriesRoot: Uint8Array.from(one.entriesRoot), tree: { size: 600, rootHash: Uint8Array.from(one.tree.rootHash) } });
    }
    expect(SEGMENT_LINES).toBe(256);
  });

  const NO_SEAL = 'the note is no seal of an export';
  const NOT_CANONICAL = 'the seal is not in its canonical form';
  it.each<[string, (text: string) => string, string]>([
    ['another origin', (text) => text.replace('rolebook-export', 'rolebook'), NO_SEAL], ['something before it', (text) => `x${text}`, NO_SEAL], ['something behind it', (text) => `${text}more\n`, NO_SEAL],
    ['a line missing', (text) => text.replace(/filter .*\n/, ''), NO_SEAL], ['another state', (text) => text.replace(' end\n', ' last\n'), NO_SEAL], ['no number', (text) => text.replace('257-', 'x-'), NO_SEAL],
    ['a number too long', (text) => text.replace('257-', '1234567890123456-'), NO_SEAL], ['a short hash of entries', (text) => text.replace(/entries ..../, 'entries '), NO_SEAL], ['a short root', (text) => text.replace(/tree 600 ..../, 'tree 600 '), NO_SEAL],
    ['entries whose hash is no base64', (text) => text.replace(/entries \S+/, 'entries ?'), NO_SEAL], ['a root that is no base64', (text) => text.replace(/tree 600 \S+/, 'tree 600 ?'), NO_SEAL],
    ['a leading zero', (text) => text.replace('257-', '0257-'), NOT_CANONICAL],
  ])('is refused with %s', (_what, change, why) => {
    expect(() => parseSeal(seal(change(sealText(statement))))).toThrow(new MalformedNote(why));
  });

  it('has one signature', () => {
    const note = signNote(sealText(statement), signer);
    expect(() => parseSeal(formatNote({ ...note, signatures: [...note.signatures, ...note.signatures] }))).toThrow(new MalformedNote(NOT_CANONICAL));
  });
});

describe('an export and a checkpoint', () => {
  const nodes = new MemoryMerkleNodes();
  const whole = CompactRange.empty(nodes);
  for (let i = 0; i < 9; i++) whole.append(hashOf(String(i)));
  const tree = (size: number) => ({ size, rootHash: rootHash(nodes, size) });
  const seal: SealStatement = { businessId: 'b1', from: 1, to: 9, end: true, entriesRoot: hashOf('x'), tree: tree(9), filter: null, at: 'now' };
  const filtered = { ...seal, filter: 'a=b' };
  const check = (over: Partial<Parameters<typeof checkTree>[0]>) => checkTree({ seal, whole, rootAtCheckpoint: rootHash(nodes, 9), head: tree(9), ...over });
  const consistency = { from: 5, to: 9, path: consistencyPath(nodes, 5, 9) };
  const APART = (head: number, size: number) => `the checkpoint is over ${head} entries, the export was made at ${size}: the export was cut off, or they are of different moments. `
    + `If the latter, give a checkpoint of the same size, or the answer of GET /v1/audit/proofs/consistency?from=${Math.min(head, size)}&to=${Math.max(head, size)}`;

  it('are of one history where the roots are the same', () => {
    expect(check({})).toBeNull();
    expect(check({ head: tree(5), rootAtCheckpoint: rootHash(nodes, 5) })).toBeNull();
    expect(check({ seal: filtered })).toBeNull();
  });

  it('are not, where the events come out as another tree', () => {
    const why = 'the events of the export do not make up the history that its seal names';
    expect(check({ seal: { ...seal, tree: tree(8) } })).toBe(why);
    expect(check({ seal: { ...seal, tree: { size: 9, rootHash: hashOf('x') } } })).toBe(why);
    expect(check({ seal: { ...filtered, tree: { size: 9, rootHash: hashOf('x') } }, head: { size: 9, rootHash: hashOf('x') } })).toBeNull();
  });

  it('are not, where the checkpoint has another root', () => {
    expect(check({ head: { size: 9, rootHash: hashOf('x') } })).toBe('the checkpoint is of another history: its root hash at 9 entries is not that of this export');
    expect(check({ seal: filtered, head: { size: 9, rootHash: hashOf('x') } })).toBe('the checkpoint is of another history: its root hash at 9 entries is not that of this export');
  });

  it('of different moments need a consistency proof, whichever is later', () => {
    const early = { seal: { ...filtered, tree: tree(5) }, rootAtCheckpoint: null };
    expect(check({ seal: filtered, head: tree(5) })).toBe(APART(5, 9));
    expect(check({ ...early })).toBe(APART(9, 5));
    expect(check({ seal: filtered, head: tree(5), consistency })).toBeNull();
    expect(check({ ...early, consistency })).toBeNull();
    expect(check({ ...early, consistency: { ...consistency, from: 4 } })).toBe('the consistency proof is from 4 to 9; needed is from=5&to=9');
    expect(check({ ...early, consistency: { ...consistency, to: 8 } })).toBe('the consistency proof is from 5 to 8; needed is from=5&to=9');
    expect(check({ ...early, consistency: { ...consistency, path: [] } })).toBe('the consistency proof does not hold: the checkpoint is of another history, or the proof was changed');
  });
});

it('of many problems the first are kept and all are counted', () => {
  const problems = new Problems(2);
  for (const what of ['a', 'b', 'c']) problems.add(what === 'a' ? null : 7, what);
  expect([problems.count, problems.kept]).toEqual([3, [{ line: null, what: 'a' }, { line: 7, what: 'b' }]]);
});
