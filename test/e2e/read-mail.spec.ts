import { readMail } from './read-mail';

const mail = (line: string) => [
  'To: Anna <anna@example.com>', 'Subject: Welcome', 'Content-Type: multipart/alternative;', ' boundary="--_NmP-1.x"', '',
  '----_NmP-1.x', 'Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: quoted-printable', '', line, '',
  '----_NmP-1.x', 'Content-Type: text/html; charset=utf-8', '', '<p>the same</p>', '', '----_NmP-1.x--', '',
].join('\r\n');

describe('a mail, as a test reads it', () => {
  // One link in some thousands has two hyphens where quoted-printable breaks the line; it was cut off there, and "not valid".
  it('has its link whole, also where a line of it begins like a boundary', () => {
    expect(readMail(mail('https://app.example/activate#token=3Dabc=\r\n--def-_gh'))).toMatchObject({ to: 'Anna <anna@example.com>', subject: 'Welcome', token: 'abc--def-_gh' });
  });

  it('is read part by part', () => {
    expect(readMail(mail('Good morning')).text).toContain('Good morning');
    expect(readMail(mail('Good morning')).text).toContain('<p>the same</p>');
  });
});
