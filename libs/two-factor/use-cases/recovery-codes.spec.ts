import { CommandContext } from '@rolebook/event-sourcing';
import { createMasterKey, openInstallationSecrets } from '@rolebook/crypto';
import { createMemoryKeyStore } from '@rolebook/crypto/in-memory';
import { RecoveryCodes } from './recovery-codes';

const BUSINESS = '01930000-0000-7000-8000-000000000001';
const context = (commandId: string) => new CommandContext({ businessId: BUSINESS, actor: { type: 'user', id: 'anna' }, at: 0, commandId, requestId: null, sessionId: null, ip: null, device: null });

describe('recovery codes', () => {
  let codes: RecoveryCodes;
  beforeAll(async () => {
    codes = new RecoveryCodes(await openInstallationSecrets({ store: createMemoryKeyStore(), masterKey: createMasterKey(new Uint8Array(32).fill(3)) }));
  });

  it('are ten of 120 bits each, all different', () => {
    const made = codes.forCommand(context('c1'), 'anna');
    expect(new Set(made.codes).size).toBe(10);
    for (const code of made.codes) expect(code).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){5}[0-9a-hjkmnp-tv-z]{4}$/);
  });

  it('use every place and every character of their alphabet', () => {
    const all = Array.from({ length: 100 }, (_, n) => codes.forCommand(context(`c${n}`), 'anna').codes).flat().map((code) => code.replaceAll('-', ''));
    for (let place = 0; place < 24; place++) expect(new Set(all.map((code) => code[place])).size).toBe(32);
  });

  it('are the same for the same command, and for no other command or person', () => {
    const made = codes.forCommand(context('c1'), 'anna');
    expect(codes.forCommand(context('c1'), 'anna')).toEqual(made);
    for (const other of [codes.forCommand(context('c2'), 'anna'), codes.forCommand(context('c1'), 'bob')]) {
      expect(other.codes.filter((code) => made.codes.includes(code))).toEqual([]);
    }
  });

  it('stand as hashes that show nothing of them and hold for one person alone', () => {
    const { codes: [code = ''], hashes: [hash = ''] } = codes.forCommand(context('c1'), 'anna');
    expect(hash).toMatch(/^[\w-]{43}$/);
    expect(codes.hash(BUSINESS, 'anna', code)).toBe(hash);
    expect(codes.hash(BUSINESS, 'bob', code)).not.toBe(hash);
  });

  it('may be typed in capitals, with blanks or without dashes, and with the letters that look like digits', () => {
    const code = '01ab-cdef-gh01-2345-6789-xyzw';
    const hash = codes.hash(BUSINESS, 'anna', code);
    for (const typed of ['01ABCDEFGH0123456789XYZW', ' 01ab cdef gh01 2345 6789 xyzw ', 'OIab-cdef-ghoL-2345-6789-xyzw']) expect(codes.hash(BUSINESS, 'anna', typed)).toBe(hash);
    expect(codes.hash(BUSINESS, 'anna', '01ab-cdef-gh01-2346-6789-xyzw')).not.toBe(hash);
  });
});
