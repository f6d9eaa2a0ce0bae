import fc from 'fast-check';
import MailComposer from 'nodemailer/lib/mail-composer';
import { compose, parseSender } from './compose';
import { MailRejected } from './port';
import { aMail, readMail } from './spec-helpers';

const hostile = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ unit: 'grapheme', maxLength: 60 }), fc.constantFrom('a\r\nBcc: all@evil.example', 'a\n', '\u2028', '<x@y.example>', 'a@b.example, c@d.example', '=?utf-8?q?x?=', '\ud800'));

describe('the configured sender', () => {
  it.each([
    ['JingjaiOps <no-reply@app.example>', { name: 'JingjaiOps', address: 'no-reply@app.example' }],
    ['"Jingjai, Ops" <no-reply@app.example>', { name: 'Jingjai, Ops', address: 'no-reply@app.example' }],
    [' no-reply@app.example ', { name: 'JingjaiOps', address: 'no-reply@app.example' }],
    ['ระบบ <no-reply@app.example>', { name: 'ระบบ', address: 'no-reply@app.example' }],
  ])('%s', (text, sender) => {
    expect(parseSender(text)).toEqual(sender);
  });

  it.each([[''], ['JingjaiOps'], ['a@b.example, c@d.example'], ['A <a@b.example> <c@d.example>'], ['A\r\nBcc: x <a@b.example>'], ['A <a@b.example\r\n>']])('%p is refused', (text) => {
    expect(() => parseSender(text)).toThrow(/^the mail sender must look like/);
  });

  it('is a name and one plain address, or a sentence that says how it must look, whatever was configured', () => {
    fc.assert(fc.property(fc.oneof(hostile, hostile.map((name) => `${name} <a@b.example>`)), (text) => {
      const sender = (() => { try { return parseSender(text); } catch (error) { return (error as Error).message; } })();
      if (typeof sender === 'string') expect(sender).toMatch(/^the mail sender must look like/);
      else expect([/[\r\n\0]/.test(sender.name), sender.address.split('@').length]).toEqual([false, 2]);
    }));
  });
});

describe('a mail', () => {
  const from = { name: 'JingjaiOps', address: 'no-reply@app.example' };
  const NAMES = ['auto-submitted', 'content-language', 'content-type', 'date', 'from', 'message-id', 'mime-version', 'subject', 'to'];

  // Of blanks alone, it came without a header for it.
  it.each([[''], [' '], ['\t'], ['\u00a0']])('with the subject %j is refused', (subject) => {
    expect(() => compose(aMail({ subject }), from)).toThrow(MailRejected);
  });

  it('has its own headers, once each, one recipient and its own subject, or is refused, whatever it is made of', async () => {
    await fc.assert(fc.asyncProperty(fc.record({ subject: hostile, to: fc.oneof(hostile, fc.constant('ann@biz.example')), messageId: fc.oneof(hostile, fc.constant('1@app.example')), text: hostile.map((text) => `x${text}`) }, { requiredKeys: [] }), async (parts) => {
      const mail = aMail(parts);
      const options = (() => { try { return compose(mail, from); } catch (error) { if (error instanceof MailRejected) return null; throw error; } })();
      if (options === null) return;
      const received = readMail((await new MailComposer({ ...options, newline: 'windows' }).compile().build()).toString('latin1'));
      expect([...received.headers.keys()].sort()).toEqual(NAMES);
      expect([...received.headers.values()].every((values) => values.length === 1)).toBe(true);
      expect(options.envelope).toEqual({ from: from.address, to: [mail.to] });
      expect(received.headers.get('message-id')).toEqual([`<${mail.messageId}>`]);
      expect(Buffer.from(received.subject, 'utf8').toString('utf8').replace(/\s+/g, ' ').trim()).toBe(mail.subject.replace(/\s+/g, ' ').trim());
    }), { numRuns: 200 });
  });

  it('shows a name that looks like an encoded word (RFC 2047) as it is, and not as what it hides', async () => {
    const subject = '=?utf-8?q?=E2=80=AEevil?= has invited you';
    const options = compose(aMail({ subject }), from);
    expect(readMail((await new MailComposer({ ...options, newline: 'windows' }).compile().build()).toString('latin1')).subject).toBe(subject);
  });
});
