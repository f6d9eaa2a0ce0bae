import { activationUrl, type InvitationData, type Letter, type Letters, PASSWORD_RESET_MINUTES, passwordResetUrl } from './letter';
import { englishMoment } from './moment';
import { phrase, type Phrase } from './phrase';

const closing = ['JingjaiOps'];
const greeting = (name: string | null): Phrase => (name === null ? phrase`Hello,` : phrase`Hello ${name},`);
const time = (at: string) => ({ label: 'Time', value: phrase`${englishMoment(at)}` });
const notYou = (businessName: string): Phrase =>
  phrase`If this was not you, reset your password from the sign-in page at once, and tell an administrator of ${businessName}.`;

export const english: Letters = {
  'invitation': (data) => ({
    subject: phrase`${data.inviterName} invites you to join ${data.businessName}`,
    ...invitation(data),
  }),

  'invitation-resent': (data) => {
    const letter = invitation(data);
    return {
      subject: phrase`Reminder: ${data.inviterName} invites you to join ${data.businessName}`,
      ...letter,
      notes: [phrase`This is a new link. Those in earlier mails no longer work.`, ...letter.notes],
    };
  },

  'password-reset': (data) => ({
    subject: phrase`Reset your password for ${data.businessName}`,
    title: phrase`Reset your password`,
    greeting: greeting(data.recipientName),
    body: [
      phrase`Somebody, most likely you, asked to reset the password of your account with ${data.businessName}.`,
      phrase`To choose a new password, open this link:`,
    ],
    action: { label: 'Choose a new password', url: passwordResetUrl(data) },
    notes: [
      phrase`The link works once, for ${String(PASSWORD_RESET_MINUTES)} minutes. Afterwards you are signed out on all your devices.`,
      phrase`If you did not ask for it, you can ignore this mail. Your password stays as it is.`,
    ],
    closing,
  }),

  'new-device': (data) => ({
    subject: phrase`New sign-in to ${data.businessName}`,
    title: phrase`New sign-in to your account`,
    greeting: greeting(data.recipientName),
    body: [phrase`Your account with ${data.businessName} was signed in to from a device that we had not seen before.`],
    facts: [{ label: 'Device', value: phrase`${data.device}` }, { label: 'IP address', value: phrase`${data.ip}` }, time(data.at)],
    notes: [
      phrase`If this was you, there is nothing to do.`,
      phrase`If it was not, change your password at once and end that session in your profile.`,
    ],
    closing,
  }),

  'password-changed': (data) => ({
    subject: phrase`Your password for ${data.businessName} was changed`,
    title: phrase`Your password was changed`,
    greeting: greeting(data.recipientName),
    body: [phrase`The password of your account with ${data.businessName} was changed. Your other sessions were ended.`],
    facts: [time(data.at)],
    notes: [notYou(data.businessName)],
    closing,
  }),

  'two-factor-enabled': (data) => ({
    subject: phrase`Two-factor authentication is on for ${data.businessName}`,
    title: phrase`Two-factor authentication is on`,
    greeting: greeting(data.recipientName),
    body: [
      phrase`Two-factor authentication was switched on for your account with ${data.businessName}. Signing in now takes a code from your authenticator app.`,
      phrase`Keep your recovery codes in a safe place: each gets you in once, should you lose the app.`,
    ],
    facts: [time(data.at)],
    notes: [notYou(data.businessName)],
    closing,
  }),

  'two-factor-disabled': (data) => ({
    subject: phrase`Two-factor authentication is off for ${data.businessName}`,
    title: phrase`Two-factor authentication is off`,
    greeting: greeting(data.recipientName),
    body: [phrase`Two-factor authentication was switched off for your account with ${data.businessName}. Your password alone now signs you in.`],
    facts: [time(data.at)],
    notes: [notYou(data.businessName)],
    closing,
  }),

  'two-factor-reset': (data) => ({
    subject: phrase`Two-factor authentication was reset for ${data.businessName}`,
    title: phrase`Two-factor authentication was reset`,
    greeting: greeting(data.recipientName),
    body: [
      phrase`${data.administratorName}, an administrator, reset two-factor authentication for your account with ${data.businessName}, having verified your identity ${data.verifiedBy === 'phone' ? phrase`by phone` : phrase`by video call`}.`,
      phrase`Your authenticator app and recovery codes no longer work, and you were signed out on all your devices. You can set up two-factor authentication again once you have signed in.`,
    ],
    facts: [time(data.at)],
    notes: [phrase`If nobody spoke with you about this, tell another administrator of ${data.businessName} at once.`],
    closing,
  }),
};

function invitation(data: InvitationData): Omit<Letter, 'subject'> {
  return {
    title: phrase`Join ${data.businessName}`,
    greeting: greeting(data.recipientName),
    body: [
      phrase`${data.inviterName} invites you to work with ${data.businessName} on JingjaiOps. Your role will be ${data.roleLabel}.`,
      phrase`To accept, open this link and choose your name and password:`,
    ],
    action: { label: 'Accept the invitation', url: activationUrl(data) },
    notes: [
      phrase`The link works once, until ${englishMoment(data.expiresAt)}.`,
      phrase`If you did not expect this invitation, you can ignore this mail. Nothing happens unless you accept.`,
    ],
    closing,
  };
}
