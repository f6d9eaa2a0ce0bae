import { type Mailer, MailRejected, MailUnavailable } from './port';
import { writeMessage } from './messages/index';
import { aMail, type ReceivedMail, skim } from './spec-helpers';

export interface MailerUnderTest {
  readonly mailer: Mailer;
  /** What has arrived on the other side, in the order of arrival. */
  received(): Promise<readonly ReceivedMail[]>;
  stop(): Promise<void>;
}

/** What every mailer does; each adapter's spec calls this. The sender is `JingjaiOps <no-reply@app.example>`. */
export function mailerContract(name: string, make: () => Promise<MailerUnderTest>): void {
  describe(`${name} as a mailer`, () => {
    let under: MailerUnderTest;
    beforeEach(async () => { under = await make(); });
    afterEach(() => under.stop());

    const sent = async (changes: Parameters<typeof aMail>[0]): Promise<ReceivedMail> => {
      await under.mailer.send(aMail(changes));
      const [mail, ...more] = await under.received();
      if (!mail || more.length > 0) throw new Error('not exactly one mail has arrived');
      return mail;
    };

    it('delivers one mail as it was given', async () => {
      const mail = await sent({ text: 'Hello Ann,\n\nwelcome.\n', html: '<p>Hello Ann</p>\n' });

      expect({ to: mail.to, subject: mail.subject, messageId: mail.messageId, text: mail.text, html: mail.html }).toEqual({
        to: 'ann@biz.example',
        subject: 'Join Siam Cranes',
        messageId: '<invitation.0190a1b2-1@app.example>',
        text: 'Hello Ann,\n\nwelcome.\n',
        html: '<p>Hello Ann</p>\n',
      });
    });

    it('says who it is from, its language, and that a program sent it', async () => {
      const { headers } = await sent({ locale: 'th' });

      expect([headers.get('from'), headers.get('content-language'), headers.get('auto-submitted'), headers.get('mime-version')])
        .toEqual([['JingjaiOps <no-reply@app.example>'], ['th'], ['auto-generated'], ['1.0']]);
      expect(Date.parse(headers.get('date')?.[0] ?? '')).not.toBeNaN();
    });

    it.each([['en'], ['th']] as const)('carries text of every script, in seven bits (%s)', async (locale) => {
      const words = 'คุณสมชาย ขอเชิญท่าน – Zoë – علی – 👩‍🚒 – ';
      const mail = await sent({ locale, subject: words.repeat(5).trim(), text: `${words.repeat(40)}\n`, html: `<p>${words}</p>\n` });

      expect([mail.subject, mail.text, mail.html]).toEqual([words.repeat(5).trim(), `${words.repeat(40)}\n`, `<p>${words}</p>\n`]);
      expect(mail.raw).toMatch(/^[\x20-\x7e\r\n]*$/);
      expect(Math.max(...mail.raw.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
    });

    it('keeps what transports trip over', async () => {
      const text = `.\n..\nFrom here\n--\n=3D =\n${'x'.repeat(3000)}\n trailing \t\n.\n`;
      const mail = await sent({ text });

      expect(mail.text).toBe(text);
    });

    it.each([['en'], ['th']] as const)('can be skimmed for its link (%s)', async (locale) => {
      const token = `_${'Ab3-'.repeat(21)}z`;
      const content = writeMessage('invitation', locale, {
        recipientName: null, businessName: 'Siam Cranes', inviterName: 'Olive Owner', roleLabel: 'Crew', webUrl: 'https://app.example', token, expiresAt: '2026-12-01T09:45:00.000Z',
      });
      const { raw } = await sent({ ...content, locale });

      expect({ to: skim(raw).to, token: skim(raw).token }).toEqual({ to: 'ann@biz.example', token });
    });

    it('writes to international domains', async () => {
      const mail = await sent({ to: 'ann@bücher.example' });

      expect(mail.to).toBe('ann@xn--bcher-kva.example');
    });

    it('delivers each of many mails sent at once', async () => {
      const ids = Array.from({ length: 20 }, (_, i) => `reset.${i}@app.example`);
      await Promise.all(ids.map((messageId) => under.mailer.send(aMail({ messageId }))));

      expect((await under.received()).map((mail) => mail.messageId).sort()).toEqual(ids.map((id) => `<${id}>`).sort());
    });

    it.each([
      ['a header behind the address', { to: 'ann@biz.example\r\nBcc: all@evil.example' }],
      ['a second address', { to: 'ann@biz.example, all@evil.example' }],
      ['a name with the address', { to: 'Ann <ann@biz.example>' }],
      ['a comment in the address', { to: 'ann(x)@biz.example' }],
      ['an address ending the envelope', { to: 'ann@biz.example> RCPT TO:<all@evil.example' }],
      ['no address', { to: '' }],
      ['a header behind the subject', { subject: 'Hello\r\nBcc: all@evil.example' }],
      ['a bare line feed in the subject', { subject: 'Hello\nBcc: all@evil.example' }],
      ['a bare carriage return in the subject', { subject: 'Hello\rBcc: all@evil.example' }],
      ['a line separator in the subject', { subject: 'Hello\u2028Bcc: all@evil.example' }],
      ['no subject', { subject: '' }],
      ['a header behind the message id', { messageId: 'x@app.example>\r\nBcc: all@evil.example' }],
      ['a path in the message id', { messageId: '../../x' }],
    ])('refuses %s and sends nothing', async (_what, changes) => {
      await expect(under.mailer.send(aMail(changes))).rejects.toThrow(MailRejected);
      expect(await under.received()).toEqual([]);
    });

    it('is for no more mails once closed', async () => {
      await under.mailer.close();

      await expect(under.mailer.send(aMail())).rejects.toThrow(MailUnavailable);
    });

    it('finishes what is under way before it closes', async () => {
      const sending = under.mailer.send(aMail());
      await under.mailer.close();

      await expect(sending).resolves.toBeUndefined();
      expect(await under.received()).toHaveLength(1);
    });
  });
}
