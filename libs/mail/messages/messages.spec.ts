import fc from 'fast-check';
import type { MailLocale } from '../port';
import { type MessageContent, type MessageData, type MessageKind, PASSWORD_RESET_MINUTES, writeMessage } from './index';

const AT = '2026-11-30T17:05:00.000Z';
const somebody = { recipientName: 'Chai Crew', businessName: 'Siam Cranes' };
const link = { webUrl: 'https://app.example', token: 'T0k-en_1' };
const data: { readonly [Kind in MessageKind]: MessageData[Kind] } = {
  'invitation': { ...somebody, ...link, recipientName: null, inviterName: 'Olive Owner', roleLabel: 'Crew', expiresAt: AT },
  'invitation-resent': { ...somebody, ...link, recipientName: 'สมชาย ใจดี', inviterName: 'Olive Owner', roleLabel: 'Crew', expiresAt: AT },
  'password-reset': { ...somebody, ...link },
  'new-device': { ...somebody, at: AT, device: 'Chrome on macOS', ip: '203.0.113.7' },
  'password-changed': { ...somebody, at: AT },
  'two-factor-enabled': { ...somebody, at: AT },
  'two-factor-disabled': { ...somebody, at: AT },
  'two-factor-reset': { ...somebody, at: AT, administratorName: 'Olive Owner', verifiedBy: 'video' },
};
const KINDS = Object.keys(data) as MessageKind[];
const EVERY = KINDS.flatMap((kind) => (['en', 'th'] as const).map((locale) => [kind, locale] as const));
/** With all foreign text replaced. */
const withNames = (kind: MessageKind, locale: MailLocale, name: string): MessageContent =>
  writeMessage(kind, locale, { ...data[kind], recipientName: name, businessName: name, inviterName: name, roleLabel: name, administratorName: name, device: name, ip: name });
const tags = (html: string) => html.match(/<[^>]*>/g);
/** What is read of an HTML page, a line for each block. */
const words = (html: string): string[] => html.replace(/^[^]*<body[^>]*>/, '').replaceAll('</th>', ': ').replace(/<\/(p|h1|tr)>|<br>/g, '\n').replace(/<[^>]*>/g, '')
  .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))).split('\n').map((line) => line.trim()).filter(Boolean);

describe('what the mails say', () => {
  it.each<[MessageKind, MailLocale, string, string]>([
  ['invitation', 'en', 'Olive Owner invites you to join Siam Cranes', `
Hello,

Olive Owner invites you to work with Siam Cranes on JingjaiOps. Your role will be Crew.

To accept, open this link and choose your name and password:

https://app.example/activate#token=T0k-en_1

The link works once, until 30 November 2026, 17:05 UTC.

If you did not expect this invitation, you can ignore this mail. Nothing happens unless you accept.

JingjaiOps
`],
  ['invitation-resent', 'en', 'Reminder: Olive Owner invites you to join Siam Cranes', `
Hello สมชาย ใจดี,

Olive Owner invites you to work with Siam Cranes on JingjaiOps. Your role will be Crew.

To accept, open this link and choose your name and password:

https://app.example/activate#token=T0k-en_1

This is a new link. Those in earlier mails no longer work.

The link works once, until 30 November 2026, 17:05 UTC.

If you did not expect this invitation, you can ignore this mail. Nothing happens unless you accept.

JingjaiOps
`],
  ['password-reset', 'en', 'Reset your password for Siam Cranes', `
Hello Chai Crew,

Somebody, most likely you, asked to reset the password of your account with Siam Cranes.

To choose a new password, open this link:

https://app.example/reset-password#token=T0k-en_1

The link works once, for 30 minutes. Afterwards you are signed out on all your devices.

If you did not ask for it, you can ignore this mail. Your password stays as it is.

JingjaiOps
`],
  ['new-device', 'en', 'New sign-in to Siam Cranes', `
Hello Chai Crew,

Your account with Siam Cranes was signed in to from a device that we had not seen before.

Device: Chrome on macOS
IP address: 203.0.113.7
Time: 30 November 2026, 17:05 UTC

If this was you, there is nothing to do.

If it was not, change your password at once and end that session in your profile.

JingjaiOps
`],
  ['password-changed', 'en', 'Your password for Siam Cranes was changed', `
Hello Chai Crew,

The password of your account with Siam Cranes was changed. Your other sessions were ended.

Time: 30 November 2026, 17:05 UTC

If this was not you, reset your password from the sign-in page at once, and tell an administrator of Siam Cranes.

JingjaiOps
`],
  ['two-factor-enabled', 'en', 'Two-factor authentication is on for Siam Cranes', `
Hello Chai Crew,

Two-factor authentication was switched on for your account with Siam Cranes. Signing in now takes a code from your authenticator app.

Keep your recovery codes in a safe place: each gets you in once, should you lose the app.

Time: 30 November 2026, 17:05 UTC

If this was not you, reset your password from the sign-in page at once, and tell an administrator of Siam Cranes.

JingjaiOps
`],
  ['two-factor-disabled', 'en', 'Two-factor authentication is off for Siam Cranes', `
Hello Chai Crew,

Two-factor authentication was switched off for your account with Siam Cranes. Your password alone now signs you in.

Time: 30 November 2026, 17:05 UTC

If this was not you, reset your password from the sign-in page at once, and tell an administrator of Siam Cranes.

JingjaiOps
`],
  ['two-factor-reset', 'en', 'Two-factor authentication was reset for Siam Cranes', `
Hello Chai Crew,

Olive Owner, an administrator, reset two-factor authentication for your account with Siam Cranes, having verified your identity by video call.

Your authenticator app and recovery codes no longer work, and you were signed out on all your devices. You can set up two-factor authentication again once you have signed in.

Time: 30 November 2026, 17:05 UTC

If nobody spoke with you about this, tell another administrator of Siam Cranes at once.

JingjaiOps
`],
  ['invitation', 'th', 'คุณ Olive Owner ขอเชิญท่านเข้าร่วม Siam Cranes', `
เรียน ท่านผู้รับอีเมล

คุณ Olive Owner ขอเชิญท่านเข้าร่วมทำงานกับ Siam Cranes บนระบบ JingjaiOps ในบทบาท Crew

กรุณาเปิดลิงก์ด้านล่างเพื่อตอบรับคำเชิญ พร้อมตั้งชื่อและรหัสผ่านของท่าน

https://app.example/activate#token=T0k-en_1

ลิงก์นี้ใช้ได้เพียงครั้งเดียว จนถึงวันที่ 1 ธันวาคม 2569 เวลา 00:05 น. (เวลาประเทศไทย)

หากท่านไม่ได้คาดว่าจะได้รับคำเชิญนี้ ท่านไม่จำเป็นต้องดำเนินการใด ๆ และจะไม่มีการเปลี่ยนแปลงใดจนกว่าท่านจะตอบรับ

ขอแสดงความนับถือ
ทีมงาน JingjaiOps
`],
  ['invitation-resent', 'th', 'แจ้งเตือนอีกครั้ง: คุณ Olive Owner ขอเชิญท่านเข้าร่วม Siam Cranes', `
เรียน คุณสมชาย ใจดี

คุณ Olive Owner ขอเชิญท่านเข้าร่วมทำงานกับ Siam Cranes บนระบบ JingjaiOps ในบทบาท Crew

กรุณาเปิดลิงก์ด้านล่างเพื่อตอบรับคำเชิญ พร้อมตั้งชื่อและรหัสผ่านของท่าน

https://app.example/activate#token=T0k-en_1

ลิงก์นี้เป็นลิงก์ใหม่ ลิงก์ในอีเมลฉบับก่อนหน้าไม่สามารถใช้งานได้แล้ว

ลิงก์นี้ใช้ได้เพียงครั้งเดียว จนถึงวันที่ 1 ธันวาคม 2569 เวลา 00:05 น. (เวลาประเทศไทย)

หากท่านไม่ได้คาดว่าจะได้รับคำเชิญนี้ ท่านไม่จำเป็นต้องดำเนินการใด ๆ และจะไม่มีการเปลี่ยนแปลงใดจนกว่าท่านจะตอบรับ

ขอแสดงความนับถือ
ทีมงาน JingjaiOps
`],
  ['password-reset', 'th', 'ตั้งรหัสผ่านใหม่สำหรับ Siam Cranes', `
เรียน คุณ Chai Crew

เราได้รับคำขอตั้งรหัสผ่านใหม่สำหรับบัญชีของท่านที่ Siam Cranes

กรุณาเปิดลิงก์ด้านล่างเพื่อตั้งรหัสผ่านใหม่

https://app.example/reset-password#token=T0k-en_1

ลิงก์นี้ใช้ได้เพียงครั้งเดียวภายใน 30 นาที เมื่อตั้งรหัสผ่านใหม่แล้ว บัญชีของท่านจะออกจากระบบบนทุกอุปกรณ์

หากท่านไม่ได้เป็นผู้ส่งคำขอนี้ ท่านไม่จำเป็นต้องดำเนินการใด ๆ รหัสผ่านเดิมยังคงใช้งานได้ตามปกติ

ขอแสดงความนับถือ
ทีมงาน JingjaiOps
`],
  ['new-device', 'th', 'มีการเข้าสู่ระบบ Siam Cranes จากอุปกรณ์ใหม่', `
เรียน คุณ Chai Crew

มีการเข้าสู่ระบบด้วยบัญชีของท่านที่ Siam Cranes จากอุปกรณ์ที่ไม่เคยใช้งานมาก่อน

อุปกรณ์: Chrome on macOS
หมายเลข IP: 203.0.113.7
วันและเวลา: 1 ธันวาคม 2569 เวลา 00:05 น. (เวลาประเทศไทย)

หากท่านเป็นผู้เข้าสู่ระบบเอง ท่านไม่จำเป็นต้องดำเนินการใด ๆ

หากไม่ใช่ท่าน กรุณาเปลี่ยนรหัสผ่านทันที และยุติเซสชันดังกล่าวในหน้าโปรไฟล์ของท่าน

ขอแสดงความนับถือ
ทีมงาน JingjaiOps
`],
  ['password-changed', 'th', 'รหัสผ่านของท่านสำหรับ Siam Cranes ถูกเปลี่ยนแล้ว', `
เรียน คุณ Chai Crew

รหัสผ่านสำหรับบัญชีของท่านที่ Siam Cranes ถูกเปลี่ยนเรียบร้อยแล้ว และเซสชันอื่นทั้งหมดของท่านถูกยุติแล้ว

วันและเวลา: 1 ธันวาคม 2569 เวลา 00:05 น. (เวลาประเทศไทย)

หากท่านไม่ได้เป็นผู้ดำเนินการ กรุณาตั้งรหัสผ่านใหม่จากหน้าเข้าสู่ระบบทันที และแจ้งผู้ดูแลระบบของ Siam Cranes

ขอแสดงความนับถือ
ทีมงาน JingjaiOps
`],
  ['two-factor-enabled', 'th', 'เปิดใช้การยืนยันตัวตนสองขั้นตอนสำหรับ Siam Cranes แล้ว', `
เรียน คุณ Chai Crew

บัญชีของท่านที่ Siam Cranes เปิดใช้การยืนยันตัวตนสองขั้นตอนแล้ว การเข้าสู่ระบบครั้งต่อไปจะต้องใช้รหัสจากแอปยืนยันตัวตน

กรุณาเก็บรหัสกู้คืนไว้ในที่ปลอดภัย หากแอปยืนยันตัวตนสูญหาย ท่านสามารถใช้รหัสกู้คืนแต่ละรหัสเข้าสู่ระบบได้หนึ่งครั้ง

วันและเวลา: 1 ธันวาคม 2569 เวลา 00:05 น. (เวลาประเทศไทย)

หากท่านไม่ได้เป็นผู้ดำเนินการ กรุณาตั้งรหัสผ่านใหม่จากหน้าเข้าสู่ระบบทันที และแจ้งผู้ดูแลระบบของ Siam Cranes

ขอแสดงความนับถือ
ทีมงาน JingjaiOps
`],
  ['two-factor-disabled', 'th', 'ปิดใช้การยืนยันตัวตนสองขั้นตอนสำหรับ Siam Cranes แล้ว', `
เรียน คุณ Chai Crew

บัญชีของท่านที่ Siam Cranes ปิดใช้การยืนยันตัวตนสองขั้นตอนแล้ว การเข้าสู่ระบบจะใช้รหัสผ่านเพียงอย่างเดียว

วันและเวลา: 1 ธันวาคม 2569 เวลา 00:05 น. (เวลาประเทศไทย)

หากท่านไม่ได้เป็นผู้ดำเนินการ กรุณาตั้งรหัสผ่านใหม่จากหน้าเข้าสู่ระบบทันที และแจ้งผู้ดูแลระบบของ Siam Cranes

ขอแสดงความนับถือ
ทีมงาน JingjaiOps
`],
  ['two-factor-reset', 'th', 'การยืนยันตัวตนสองขั้นตอนสำหรับ Siam Cranes ถูกรีเซ็ตแล้ว', `
เรียน คุณ Chai Crew

คุณ Olive Owner ซึ่งเป็นผู้ดูแลระบบ ได้รีเซ็ตการยืนยันตัวตนสองขั้นตอนของบัญชีท่านที่ Siam Cranes หลังจากตรวจสอบตัวตนของท่านทางวิดีโอคอลแล้ว

แอปยืนยันตัวตนและรหัสกู้คืนเดิมไม่สามารถใช้งานได้อีก และบัญชีของท่านออกจากระบบบนทุกอุปกรณ์แล้ว ท่านสามารถตั้งค่าการยืนยันตัวตนสองขั้นตอนใหม่ได้หลังจากเข้าสู่ระบบ

วันและเวลา: 1 ธันวาคม 2569 เวลา 00:05 น. (เวลาประเทศไทย)

หากไม่มีผู้ใดติดต่อท่านเกี่ยวกับเรื่องนี้ กรุณาแจ้งผู้ดูแลระบบท่านอื่นของ Siam Cranes ทันที

ขอแสดงความนับถือ
ทีมงาน JingjaiOps
`],
  ])('%s (%s)', (kind, locale, subject, text) => {
    const written = writeMessage(kind, locale, data[kind]);

    expect({ subject: written.subject, text: `\n${written.text}` }).toEqual({ subject, text });
  });

  it('says how the administrator knew the person', () => {
    const byPhone = { ...data['two-factor-reset'], verifiedBy: 'phone' } as const;

    expect(writeMessage('two-factor-reset', 'en', byPhone).text).toContain('having verified your identity by phone.');
    expect(writeMessage('two-factor-reset', 'th', byPhone).text).toContain('หลังจากตรวจสอบตัวตนของท่านทางโทรศัพท์แล้ว');
  });

  it('promises for password links what holds for them', () => {
    expect(PASSWORD_RESET_MINUTES).toBe(30);
  });

  it('joins the polite Thai title to Thai names', () => {
    expect(writeMessage('invitation', 'th', { ...data.invitation, inviterName: 'สมหญิง' }).subject).toBe('คุณสมหญิง ขอเชิญท่านเข้าร่วม Siam Cranes');
  });
});

describe('the HTML of a mail', () => {
  it.each(EVERY)('says what the text says: %s (%s)', (kind, locale) => {
    const { subject, text, html } = writeMessage(kind, locale, data[kind]);
    const [_title, ...read] = words(html);
    const label = tags(html)?.includes('<p style="margin:8px 0 16px">') ? 1 : 0;

    // The button's label is all it has more.
    expect(read.filter((line) => !text.split('\n').includes(line))).toHaveLength(label);
    expect(text.split('\n').filter((line) => line && !read.includes(line))).toEqual([]);
    expect(html).toContain(`<title>${subject}</title>`);
    expect(html).toMatch(new RegExp(`^<!doctype html>\n<html lang="${locale}" dir="ltr">`));
  });

  it.each(EVERY)('fetches nothing and runs nothing: %s (%s)', (kind, locale) => {
    const { html } = writeMessage(kind, locale, data[kind]);

    expect(html).not.toMatch(/<(img|link|script|iframe|object|embed|form|video|audio|base|svg)\b|\b(src|srcset|background|on\w+)=|url\(|@import|http-equiv/i);
    expect((html.match(/https?:\/\/[^"<]*/g) ?? []).filter((url) => !/^https:\/\/app\.example\/(activate|reset-password)#token=T0k-en_1$/.test(url))).toEqual([]);
  });
});

describe('hostile names', () => {
  it('add no markup, whatever they are', () => {
    const nasty = fc.oneof(fc.constantFrom('<b>', '</p>', '"', "'", '&', '&#60;', '<!--', '`', '${x}', '$&', '\u202e', '\r\n', '<script>alert(1)</script>'), fc.string({ unit: 'binary', maxLength: 20 }));
    fc.assert(fc.property(fc.constantFrom(...EVERY), fc.array(nasty, { maxLength: 4 }), ([kind, locale], parts) => {
      const name = parts.join('');
      const written = withNames(kind, locale, name);
      expect(tags(written.html)).toEqual(tags(withNames(kind, locale, 'Ann').html));
      expect(written.subject).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]|[\u202a-\u202e\u200e\u200f\u061c\u2066\u2067]/u);
      expect(written.text.split('\n')).toHaveLength(withNames(kind, locale, 'Ann').text.split('\n').length);
    }), { numRuns: 300 });
  });

  it('are shown as they are', () => {
    const { html, text } = withNames('new-device', 'en', `<b>"O'Neil" & Söhne</b>`);

    expect(html).toContain(`<bdi>&#60;b&#62;&#34;O&#39;Neil&#34; &#38; Söhne&#60;/b&#62;</bdi>`);
    expect(text).toContain(`<b>"O'Neil" & Söhne</b>`);
  });

  it('written from right to left stay in their place', () => {
    const { subject, text } = withNames('invitation', 'en', 'علی 1');

    expect(subject).toBe('\u2068علی 1\u2069 invites you to join \u2068علی 1\u2069');
    expect(text).toContain('Hello \u2068علی 1\u2069,');
  });

  it.each([['Click evil.example/x now'], ['http://evil.example'], ['ann@evil.example'], ['www.evil.example']])('%s becomes no link', (name) => {
    const { html, text } = withNames('invitation', 'en', name);

    expect([html.replace(/<head>[^]*<\/head>/, ''), text].filter((body) => /evil\.example|http:\/\/evil|ann@evil/.test(body))).toEqual([]);
    expect(text.replaceAll('\u2060', '')).toContain(`Hello ${name},`);
  });

  it('with initials stay as they are', () => {
    expect(withNames('invitation', 'en', 'J.R. Smith, 1.5 t').text).toContain('Hello J.R. Smith, 1.5 t,');
  });
});

describe('the link of a mail', () => {
  it('has one slash between host and page', () => {
    expect(writeMessage('invitation', 'en', { ...data.invitation, webUrl: 'https://app.example/ops//' }).text).toContain('\nhttps://app.example/ops/activate#token=T0k-en_1\n');
  });

  it.each([['a b'], [''], ['x#y'], ['x&y'], ['x\r\ny'], ['"><b>'], ['é']])('is not made with the token %p', (token) => {
    expect(() => writeMessage('password-reset', 'en', { ...data['password-reset'], token })).toThrow(TypeError);
  });

  it.each([['javascript:alert(1)'], ['//app.example'], ['https://app.example/?x=1'], ['https://app.example/#x'], ['https://app.example/ x'], ['']])('is not made on %p', (webUrl) => {
    expect(() => writeMessage('password-reset', 'en', { ...data['password-reset'], webUrl })).toThrow(TypeError);
  });
});
