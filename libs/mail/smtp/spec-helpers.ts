import { type AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { readMail, type ReceivedMail } from '../spec-helpers';

/** Self-signed for localhost and 127.0.0.1, until 2126; of use in these specs only. */
export const TEST_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgdANIdM1EaxpccRbV
kvrWZqj+UhNHccLP411TDGFV8GmhRANCAAQIKCNADF2GsyqKl17U2voJLhg9HOpw
sx+4A3kOMr348XJLx2+hAwfEKCH/ngK+uEqZammw6MVwmWc5INigzaOU
-----END PRIVATE KEY-----
`;
export const TEST_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUctDOXQxZ+g5BakV1EYtymwHp5cEwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDA5NTgzNFoYDzIxMjYxMDMx
MDk1ODM0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQIKCNADF2GsyqKl17U2voJLhg9HOpwsx+4A3kOMr348XJLx2+hAwfE
KCH/ngK+uEqZammw6MVwmWc5INigzaOUo28wbTAdBgNVHQ4EFgQUjkp9cCiXrxXi
khACQJNKTBYZ40owHwYDVR0jBBgwFoAUjkp9cCiXrxXikhACQJNKTBYZ40owDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgRphl6pXtLaSEGY56CGglJ0FmKHigllC8UdUEc1Ubq6wCIQDH
e97sM0SiYvN1oK1AN9yrSLfWd7PSLT30JmKJ7Hwk7g==
-----END CERTIFICATE-----
`;

export interface ServerUnderTest {
  readonly port: number;
  readonly received: readonly ReceivedMail[];
  /** The envelope of each mail, whether its connection was encrypted, and who signed in. */
  readonly envelopes: readonly { from: string; to: readonly string[]; encrypted: boolean; user: string | null }[];
  stop(): Promise<void>;
}

/** An error with the reply code that the server shall answer with. */
export const reply = (responseCode: number): Error => Object.assign(new Error('as the spec wants it'), { responseCode });

/** A real SMTP server in this process, on loopback. Plain and open unless told otherwise. */
export async function smtpServer(options: SMTPServerOptions = {}, port = 0): Promise<ServerUnderTest> {
  const received: ReceivedMail[] = [];
  const envelopes: ServerUnderTest['envelopes'][number][] = [];
  const server = new SMTPServer({
    key: TEST_KEY,
    cert: TEST_CERTIFICATE,
    minVersion: 'TLSv1.2',
    authOptional: true,
    disableReverseLookup: true,
    hideSTARTTLS: true,
    closeTimeout: 100,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push(readMail(Buffer.concat(chunks).toString()));
        envelopes.push({ from: mailFrom ? mailFrom.address : '', to: rcptTo.map((to) => to.address), encrypted: session.secure, user: typeof session.user === 'string' ? session.user : null });
        done();
      });
    },
    ...options,
  });
  // Clients that break off are part of what is tried here.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => { server.listen(port, '127.0.0.1', () => resolve()); });
  return { port: (server.server.address() as AddressInfo).port, received, envelopes, stop: () => new Promise((resolve) => { server.close(() => resolve()); }) };
}
