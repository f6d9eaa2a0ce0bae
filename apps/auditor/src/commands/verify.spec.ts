import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { History, signingKey } from '@rolebook/audit/proof/spec-helpers';
import { checkpointNote, formatVerifierKey } from '@rolebook/audit/proof';
import { auditor, type Ran } from '../spec-helpers';

const history = new History(300);
let folder: string;
let lines: string[];
const path = (name: string): string => join(folder, name);
const write = (name: string, text: string): void => writeFileSync(path(name), text);
const verify = (...more: string[]): Promise<Ran> => auditor(['verify', path('export.ndjson'), '--checkpoint', path('checkpoint.json'), '--key', path('key.pem'), ...more]);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'auditor-'));
  lines = await history.export();
  write('export.ndjson', `${lines.join('\n')}\n`);
  write('checkpoint.json', JSON.stringify(history.checkpoint()));
  write('key.pem', history.key.pem);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('auditor verify', () => {
  it('proves an export, and says so to people', async () => {
    const { code, out, err } = await verify();
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('300 entries, the whole history');
    expect(out).toMatch(/^Result +VERIFIED: nothing was changed, dropped, reordered or added$/m);
  });

  it('proves it to programs', async () => {
    const { code, out } = await verify('--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      export: path('export.ndjson'), checkpoint: { size: 300, at: '2026-11-24T10:00:00.000Z' }, ok: true, lines: 300, businessId: '0193e2b0-7c1a-7000-8000-00000000000b',
      size: 300, rootHash: history.checkpoint().rootHash, filter: null, exportedAt: '2026-11-24T11:00:00.000Z', problems: [], problemCount: 0,
    });
  });

  it('takes checkpoint and key in their note forms', async () => {
    write('checkpoint.json', checkpointNote('0193e2b0-7c1a-7000-8000-00000000000b', history.checkpoint()));
    write('key.pem', formatVerifierKey(history.key.verifier));
    expect((await verify()).code).toBe(0);
  });

  it('says what an older checkpoint covers', async () => {
    write('checkpoint.json', JSON.stringify(history.checkpoint(200)));
    const { code, out } = await verify();
    expect(code).toBe(0);
    expect(out).toContain("200 entries, of 2026-11-24T10:00:00.000Z; of the 100 entries after it only the export's own seal speaks");
  });

  it('fails with 1 on an edited entry, naming the line, to people and to programs', async () => {
    write('export.ndjson', lines.map((line, i) => (i === 41 ? line.replace('Somchai', 'Somsak') : line)).join('\n'));
    const people = await verify();
    expect(people.code).toBe(1);
    expect(people.out).toMatch(/^Result +NOT VERIFIED: 1 problem$/m);
    expect(people.out).toMatch(/^42 +what people read here is not what was exported/m);
    const programs = await verify('--json');
    expect(programs.code).toBe(1);
    expect(JSON.parse(programs.out)).toMatchObject({ ok: false, problems: [{ line: 42 }] });
  });

  it('fails with 1 on a truncated export, and says how many problems it does not show', async () => {
    write('export.ndjson', `${lines.slice(0, 299).join('\n')}\n`);
    expect((await verify()).out).toMatch(/^299 +the export breaks off/m);
    write('export.ndjson', `x\n`.repeat(150));
    expect((await verify()).out).toMatch(/^and 51 more$/m);
  });

  it('fails with 1 on a checkpoint that is none, or by another key', async () => {
    write('checkpoint.json', '{"size": 300}');
    const { code, out } = await verify();
    expect(code).toBe(1);
    expect(out).toContain('the JSON is no checkpoint');
    write('checkpoint.json', JSON.stringify(new History(300, signingKey(2)).checkpoint()));
    expect((await verify()).code).toBe(1);
  });

  it('links an export and a checkpoint of different moments with a consistency proof', async () => {
    write('export.ndjson', (await history.export({ size: 250 })).join('\n'));
    expect((await verify()).out).toContain('/v1/audit/proofs/consistency?from=250&to=300');
    const proof = history.consistency(250, 300);
    write('proof.json', JSON.stringify({ ...proof, path: proof.path.map((hash) => Buffer.from(hash).toString('base64')) }));
    expect((await verify('--consistency', path('proof.json'))).code).toBe(0);
    write('proof.json', '{"from": 250, "to": 300, "path": ["x"]}');
    expect((await verify('--consistency', path('proof.json')))).toMatchObject({ code: 1, out: expect.stringContaining('consistency proof is not') });
  });

  it('says what a filtered export proves', async () => {
    write('export.ndjson', (await history.export({ filter: { query: 'user=x', keep: ({ leafIndex }) => leafIndex > 250 } })).join('\n'));
    const { code, out } = await verify();
    expect(code).toBe(0);
    expect(out).toContain('49 entries, filtered by user=x');
    expect(out).toContain('that the filter left nothing out, the server says');
  });

  it('does not try, with 2, what it cannot read', async () => {
    expect(await auditor(['verify', path('none'), '--checkpoint', path('checkpoint.json'), '--key', path('key.pem')])).toMatchObject({ code: 2, out: '', err: expect.stringContaining('there is no such file') });
    expect(await auditor(['verify', folder, '--checkpoint', path('checkpoint.json'), '--key', path('key.pem')])).toMatchObject({ code: 2, out: '' });
    write('key.pem', 'hello');
    expect(await verify()).toMatchObject({ code: 2, out: '', err: expect.stringContaining('this is no public key') });
  });

  it('lets nothing in a file reach the terminal', async () => {
    write('export.ndjson', lines.map((line, i) => (i === 41 ? line.replace('"requestId":"r41"', '"requestId":"\\u001b[2J"') : line)).join('\n'));
    const { out } = await verify();
    expect(out).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
  });
});
