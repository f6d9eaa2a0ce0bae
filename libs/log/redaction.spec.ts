import * as fc from 'fast-check';
import { randomBytes, randomUUID } from 'node:crypto';
import { redacted, redactedField } from './redaction';

const line = (details: object) => JSON.stringify(details, redactedField);

describe('what no log may hold', () => {
  it.each([
    ['an address', '550 <Anna.Smith+x@mail.example>: no such user', '550 <[address]>: no such user'],
    ['an address of another script', 'no mailbox ธิดา@โรงงาน.ไทย', 'no mailbox [address]'],
    ['a password in a URL', 'cannot reach mongodb://rolebook:p4ss@db.example:27017/x', 'cannot reach mongodb://[credentials]@db.example:27017/x'],
    ['an access token', 'bad eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln', 'bad [token]'],
    ['a header', 'Authorization: Bearer abc.def', 'Authorization: Bearer [token]'],
    ['a phone number', 'cannot call +66812345678.', 'cannot call [phone].'],
    ['a TOTP secret', 'secret JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', 'secret [secret]'],
    ['words that a parser quotes', `Unexpected token 'A', "Anna Smith" is not valid JSON`, `Unexpected token 'A', "[text]" is not valid JSON`],
    ['words beside others', 'dup key: { _id: "u1", name: "Anna Smith" }', 'dup key: { _id: "u1", name: "[text]" }'],
    ['words of another script', 'no user "สมชาย"', 'no user "[text]"'],
  ])('%s', (_what, text, expected) => {
    expect(redacted(text)).toBe(expected);
  });

  it('fields named for what they hold, at any depth', () => {
    expect(line({ password: 'x', a: { accessToken: 'x', email: 'x', displayName: 'x', phone: null, ip: 'x' }, list: [{ recoveryCodes: ['x'] }], code: 'x', count: 1 }))
      .toBe('{"password":"[hidden]","a":{"accessToken":"[hidden]","email":"[hidden]","displayName":"[hidden]","phone":null,"ip":"[hidden]"},"list":[{"recoveryCodes":"[hidden]"}],"code":"[hidden]","count":1}');
  });

  it('any address, anywhere in a text', () => {
    fc.assert(fc.property(fc.emailAddress(), fc.constantFrom('', ' ', '<', '"', 'to:'), fc.constantFrom('', ' ', '>', '"', ': no'), (address, before, after) => {
      const [local = '', domain = ''] = address.split('@');
      const left = redacted(`${before}${address}${after}`);
      expect(left).not.toContain(`${local}@`);
      expect(left).not.toContain(`@${domain}`);
    }));
  });

  it('any token of 128 bits or more in base64url', () => {
    fc.assert(fc.property(fc.integer({ min: 24, max: 64 }), (length) => {
      const token = randomBytes(length).toString('base64url');
      // Without a letter of each kind and a digit it would be one in millions.
      fc.pre(/[a-z]/.test(token) && /[A-Z]/.test(token) && /\d/.test(token));
      expect(redacted(`link#token=${token} failed`)).toBe('link#token=[token] failed');
    }));
  });
});

describe('what a log must keep to be of use', () => {
  it.each([
    `user ${randomUUID()} of session-01900000-0000-7000-8000-000000000001-01900000-0000-7000-8000-000000000002`,
    'connect ECONNREFUSED 127.0.0.1:27017', 'unexpected value: "UserInvited"', 'ENOSPC: no space left on device, write',
    'at Object.resolve (/srv/rolebook/node_modules/@nestjs/core/injector/injector.js:81:30)', 'at SqliteOperationalStore.change (libs/operational-store/sqlite/index.ts:12:3)',
    '2026-03-01T00:00:00.000Z', 'sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', 'position 12345678901234', 'read model user-directory-1',
  ])('%s', (text) => {
    expect(redacted(text)).toBe(text);
  });
});
