import fc from 'fast-check';
import { parseSmtpUrl } from './smtp-url';

describe('SMTP_URL', () => {
  it.each([
    ['smtp://127.0.0.1:25', { host: '127.0.0.1', port: 25, secure: false, requireTLS: false }],
    ['smtp://mail.example', { host: 'mail.example', port: 587, secure: false, requireTLS: false }],
    ['smtp://u:p@mail.example', { host: 'mail.example', port: 587, secure: false, requireTLS: true, auth: { user: 'u', pass: 'p' } }],
    ['smtp://u:p@localhost:1025', { host: 'localhost', port: 1025, secure: false, requireTLS: false, auth: { user: 'u', pass: 'p' } }],
    ['smtp://u:p@127.evil.example', { host: '127.evil.example', port: 587, secure: false, requireTLS: true, auth: { user: 'u', pass: 'p' } }],
    ['smtp+starttls://mail.example/', { host: 'mail.example', port: 587, secure: false, requireTLS: true }],
    ['smtps://a%40b.example:p%25%2F@mail.example', { host: 'mail.example', port: 465, secure: true, requireTLS: false, auth: { user: 'a@b.example', pass: 'p%/' } }],
    ['smtp://[::1]:2525', { host: '::1', port: 2525, secure: false, requireTLS: false }],
  ])('%s', (url, expected) => {
    expect(parseSmtpUrl(url)).toEqual(expected);
  });

  it.each([
    [''], ['mail.example'], ['http://mail.example'], ['smtp://'], ['smtp:mail.example'], ['smtp://mail.example/path'], ['smtp://mail.example?tls=no'], ['smtp://mail.example:99999'],
    ['smtp://user@mail.example'], ['smtp://:secret-word@mail.example'], ['smtp://u:secret-word%zz@mail.example'], ['smtp://u:secret word@mail.example'],
  ])('%p is refused with what to do, and without the password', (url) => {
    const refusal = (() => { try { return JSON.stringify(parseSmtpUrl(url)); } catch (error) { return (error as Error).message; } })();

    expect(refusal).toMatch(/^SMTP_URL/);
    expect(refusal).not.toContain('secret');
  });

  it('gives back user and password as they were encoded, and insists on encryption wherever they would cross a network', () => {
    const secret = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
    fc.assert(fc.property(secret, secret, fc.domain(), fc.constantFrom('smtp', 'smtps', 'smtp+starttls'), (user, pass, host, scheme) => {
      const server = parseSmtpUrl(`${scheme}://${encodeURIComponent(user)}:${encodeURIComponent(pass)}@${host}`);
      expect(server.auth).toEqual({ user, pass });
      expect(server.secure || server.requireTLS).toBe(true);
    }));
  });

  it('is a server, or a sentence that begins with its name, whatever was configured', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl(), fc.string().map((rest) => `smtp://${rest}`)), (text) => {
      const told = (() => { try { return String(parseSmtpUrl(text).host); } catch (error) { return (error as Error).message; } })();
      expect(told.startsWith('SMTP_URL') || text.startsWith('smtp')).toBe(true);
    }));
  });
});
