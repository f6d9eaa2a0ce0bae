import { activationUrl, type InvitationData, type Letter, type Letters, PASSWORD_RESET_MINUTES, passwordResetUrl } from './letter';
import { thaiMoment } from './moment';
import { phrase, type Phrase } from './phrase';

const closing = ['ขอแสดงความนับถือ', 'ทีมงาน JingjaiOps'];
/** The polite "khun" joins Thai names and stands apart from others. */
const khun = (name: string): Phrase => (/^\p{Script=Thai}/u.test(name) ? phrase`คุณ${name}` : phrase`คุณ ${name}`);
const greeting = (name: string | null): Phrase => (name === null ? phrase`เรียน ท่านผู้รับอีเมล` : phrase`เรียน ${khun(name)}`);
const time = (at: string) => ({ label: 'วันและเวลา', value: phrase`${thaiMoment(at)}` });
const notYou = (businessName: string): Phrase =>
  phrase`หากท่านไม่ได้เป็นผู้ดำเนินการ กรุณาตั้งรหัสผ่านใหม่จากหน้าเข้าสู่ระบบทันที และแจ้งผู้ดูแลระบบของ ${businessName}`;

export const thai: Letters = {
  'invitation': (data) => ({
    subject: phrase`${khun(data.inviterName)} ขอเชิญท่านเข้าร่วม ${data.businessName}`,
    ...invitation(data),
  }),

  'invitation-resent': (data) => {
    const letter = invitation(data);
    return {
      subject: phrase`แจ้งเตือนอีกครั้ง: ${khun(data.inviterName)} ขอเชิญท่านเข้าร่วม ${data.businessName}`,
      ...letter,
      notes: [phrase`ลิงก์นี้เป็นลิงก์ใหม่ ลิงก์ในอีเมลฉบับก่อนหน้าไม่สามารถใช้งานได้แล้ว`, ...letter.notes],
    };
  },

  'password-reset': (data) => ({
    subject: phrase`ตั้งรหัสผ่านใหม่สำหรับ ${data.businessName}`,
    title: phrase`ตั้งรหัสผ่านใหม่`,
    greeting: greeting(data.recipientName),
    body: [
      phrase`เราได้รับคำขอตั้งรหัสผ่านใหม่สำหรับบัญชีของท่านที่ ${data.businessName}`,
      phrase`กรุณาเปิดลิงก์ด้านล่างเพื่อตั้งรหัสผ่านใหม่`,
    ],
    action: { label: 'ตั้งรหัสผ่านใหม่', url: passwordResetUrl(data) },
    notes: [
      phrase`ลิงก์นี้ใช้ได้เพียงครั้งเดียวภายใน ${String(PASSWORD_RESET_MINUTES)} นาที เมื่อตั้งรหัสผ่านใหม่แล้ว บัญชีของท่านจะออกจากระบบบนทุกอุปกรณ์`,
      phrase`หากท่านไม่ได้เป็นผู้ส่งคำขอนี้ ท่านไม่จำเป็นต้องดำเนินการใด ๆ รหัสผ่านเดิมยังคงใช้งานได้ตามปกติ`,
    ],
    closing,
  }),

  'new-device': (data) => ({
    subject: phrase`มีการเข้าสู่ระบบ ${data.businessName} จากอุปกรณ์ใหม่`,
    title: phrase`มีการเข้าสู่ระบบจากอุปกรณ์ใหม่`,
    greeting: greeting(data.recipientName),
    body: [phrase`มีการเข้าสู่ระบบด้วยบัญชีของท่านที่ ${data.businessName} จากอุปกรณ์ที่ไม่เคยใช้งานมาก่อน`],
    facts: [{ label: 'อุปกรณ์', value: phrase`${data.device}` }, { label: 'หมายเลข IP', value: phrase`${data.ip}` }, time(data.at)],
    notes: [
      phrase`หากท่านเป็นผู้เข้าสู่ระบบเอง ท่านไม่จำเป็นต้องดำเนินการใด ๆ`,
      phrase`หากไม่ใช่ท่าน กรุณาเปลี่ยนรหัสผ่านทันที และยุติเซสชันดังกล่าวในหน้าโปรไฟล์ของท่าน`,
    ],
    closing,
  }),

  'password-changed': (data) => ({
    subject: phrase`รหัสผ่านของท่านสำหรับ ${data.businessName} ถูกเปลี่ยนแล้ว`,
    title: phrase`รหัสผ่านของท่านถูกเปลี่ยนแล้ว`,
    greeting: greeting(data.recipientName),
    body: [phrase`รหัสผ่านสำหรับบัญชีของท่านที่ ${data.businessName} ถูกเปลี่ยนเรียบร้อยแล้ว และเซสชันอื่นทั้งหมดของท่านถูกยุติแล้ว`],
    facts: [time(data.at)],
    notes: [notYou(data.businessName)],
    closing,
  }),

  'two-factor-enabled': (data) => ({
    subject: phrase`เปิดใช้การยืนยันตัวตนสองขั้นตอนสำหรับ ${data.businessName} แล้ว`,
    title: phrase`เปิดใช้การยืนยันตัวตนสองขั้นตอนแล้ว`,
    greeting: greeting(data.recipientName),
    body: [
      phrase`บัญชีของท่านที่ ${data.businessName} เปิดใช้การยืนยันตัวตนสองขั้นตอนแล้ว การเข้าสู่ระบบครั้งต่อไปจะต้องใช้รหัสจากแอปยืนยันตัวตน`,
      phrase`กรุณาเก็บรหัสกู้คืนไว้ในที่ปลอดภัย หากแอปยืนยันตัวตนสูญหาย ท่านสามารถใช้รหัสกู้คืนแต่ละรหัสเข้าสู่ระบบได้หนึ่งครั้ง`,
    ],
    facts: [time(data.at)],
    notes: [notYou(data.businessName)],
    closing,
  }),

  'two-factor-disabled': (data) => ({
    subject: phrase`ปิดใช้การยืนยันตัวตนสองขั้นตอนสำหรับ ${data.businessName} แล้ว`,
    title: phrase`ปิดใช้การยืนยันตัวตนสองขั้นตอนแล้ว`,
    greeting: greeting(data.recipientName),
    body: [phrase`บัญชีของท่านที่ ${data.businessName} ปิดใช้การยืนยันตัวตนสองขั้นตอนแล้ว การเข้าสู่ระบบจะใช้รหัสผ่านเพียงอย่างเดียว`],
    facts: [time(data.at)],
    notes: [notYou(data.businessName)],
    closing,
  }),

  'two-factor-reset': (data) => ({
    subject: phrase`การยืนยันตัวตนสองขั้นตอนสำหรับ ${data.businessName} ถูกรีเซ็ตแล้ว`,
    title: phrase`การยืนยันตัวตนสองขั้นตอนถูกรีเซ็ตแล้ว`,
    greeting: greeting(data.recipientName),
    body: [
      phrase`${khun(data.administratorName)} ซึ่งเป็นผู้ดูแลระบบ ได้รีเซ็ตการยืนยันตัวตนสองขั้นตอนของบัญชีท่านที่ ${data.businessName} หลังจากตรวจสอบตัวตนของท่าน${data.verifiedBy === 'phone' ? phrase`ทางโทรศัพท์` : phrase`ทางวิดีโอคอล`}แล้ว`,
      phrase`แอปยืนยันตัวตนและรหัสกู้คืนเดิมไม่สามารถใช้งานได้อีก และบัญชีของท่านออกจากระบบบนทุกอุปกรณ์แล้ว ท่านสามารถตั้งค่าการยืนยันตัวตนสองขั้นตอนใหม่ได้หลังจากเข้าสู่ระบบ`,
    ],
    facts: [time(data.at)],
    notes: [phrase`หากไม่มีผู้ใดติดต่อท่านเกี่ยวกับเรื่องนี้ กรุณาแจ้งผู้ดูแลระบบท่านอื่นของ ${data.businessName} ทันที`],
    closing,
  }),
};

function invitation(data: InvitationData): Omit<Letter, 'subject'> {
  return {
    title: phrase`คำเชิญเข้าร่วม ${data.businessName}`,
    greeting: greeting(data.recipientName),
    body: [
      phrase`${khun(data.inviterName)} ขอเชิญท่านเข้าร่วมทำงานกับ ${data.businessName} บนระบบ JingjaiOps ในบทบาท ${data.roleLabel}`,
      phrase`กรุณาเปิดลิงก์ด้านล่างเพื่อตอบรับคำเชิญ พร้อมตั้งชื่อและรหัสผ่านของท่าน`,
    ],
    action: { label: 'ตอบรับคำเชิญ', url: activationUrl(data) },
    notes: [
      phrase`ลิงก์นี้ใช้ได้เพียงครั้งเดียว จนถึงวันที่ ${thaiMoment(data.expiresAt)}`,
      phrase`หากท่านไม่ได้คาดว่าจะได้รับคำเชิญนี้ ท่านไม่จำเป็นต้องดำเนินการใด ๆ และจะไม่มีการเปลี่ยนแปลงใดจนกว่าท่านจะตอบรับ`,
    ],
    closing,
  };
}
