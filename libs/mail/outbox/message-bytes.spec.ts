import fc from 'fast-check';
import MailComposer from 'nodemailer/lib/mail-composer';
import { compose } from '../compose';
import { aMail } from '../spec-helpers';
import { bytesOf } from './message-bytes';

const from = { name: 'JingjaiOps ไทย', address: 'no-reply@app.example' };
const line = fc.string({ unit: fc.constantFrom('a', 'é', 'ก', '👩‍🚒', ' ', '=', '.', '\t', '"', '<', '-', '?'), minLength: 0, maxLength: 120 });
const text = fc.array(line, { minLength: 1, maxLength: 12 }).map((lines) => `${lines.join('\n')}.`);
const subject = fc.string({ unit: fc.constantFrom('a', 'é', 'ก', '👩‍🚒', ' ', '=', '"', '<', '?'), minLength: 1, maxLength: 200 }).filter((words) => words.trim() !== '');

describe('the bytes of a message', () => {
  // An adapter of nodemailer's inner parts: a version of it that goes about them in another way is to fail here.
  it('are those that nodemailer builds, whatever the subject, the texts and the language', async () => {
    await fc.assert(fc.asyncProperty(subject, text, text, fc.constantFrom('en' as const, 'th' as const), async (about, plain, html, locale) => {
      const message = new MailComposer({ ...compose(aMail({ subject: about, text: plain, html, locale }), from), newline: 'windows' }).compile();
      const built = await message.build();

      expect(bytesOf(message).toString('latin1')).toBe(built.toString('latin1'));
    }), { numRuns: 200 });
  });

  it('are made of texts alone', () => {
    const message = new MailComposer({ ...compose(aMail(), from), attachments: [{ path: '/etc/hosts' }] }).compile();

    expect(() => bytesOf(message)).toThrow(TypeError);
  });
});
