/** `scheme://user:password@host1,host2/path?options`, as EventStoreDB's and MongoDB's clients read it: several hosts, which `URL` does not know. */
const CONNECTION = /^([a-z+]+):\/\/(?:[^@/?]*@)?([^/?]*)(?:\/[^?]*)?(?:\?(.*))?$/i;
/** Options that give up what TLS is for: nobody looks at the certificate. */
const UNVERIFIED: Readonly<Record<string, string>> = { tlsinsecure: 'true', tlsallowinvalidcertificates: 'true', tlsallowinvalidhostnames: 'true', tlsverifycert: 'false' };

/**
 * The hosts that a database is reached at in plain text, or by TLS with whoever answers; this machine's own left out.
 * EventStoreDB's client uses TLS unless told otherwise, MongoDB's only where told, or with `mongodb+srv`.
 * @returns `host` or `host:port` each; none where all is well
 */
export function hostsInPlain(url: string): string[] {
  const [, scheme = '', hosts = '', query = ''] = CONNECTION.exec(url) ?? [];
  const options = [...new URLSearchParams(query)].map(([name, value]) => [name.toLowerCase(), value.toLowerCase()] as const);
  const asked = options.filter(([name]) => name === 'tls' || name === 'ssl').map(([, value]) => value);
  const encrypted = asked.length > 0 ? asked.every((value) => value === 'true') : !/^mongodb$/i.test(scheme);
  if (encrypted && !options.some(([name, value]) => UNVERIFIED[name] === value)) return [];
  return hosts.split(',').filter((host) => host !== '' && !isThisMachine(host));
}

/** Loopback (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3; RFC 6761, section 6.3), or a socket of the file system, which MongoDB's client takes percent-encoded. */
function isThisMachine(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host) || /^%2f/i.test(host);
}
