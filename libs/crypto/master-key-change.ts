import type { KeyStore } from './port';
import { MasterKeyError, otherKey, secretName, subjectName, wrappedBy, type MasterKey } from './master-key';

/** Says which master key the store was written with, or that a change of it is under way. Holds nothing secret. */
const CHECK = 'master-key-check';
const PROOF = Buffer.from('rolebook master key check', 'utf8');
const PAGE = 500;

type Check =
  | { readonly state: 'settled'; readonly keyId: string; readonly proof: string }
  | { readonly state: 'changing'; readonly from: string; readonly to: string };

/**
 * Whether this is the master key that the store was written with; call it at every start, before anything else uses the store.
 * An empty store takes the key as its own.
 * @throws {MasterKeyError} where it is another one, or a change of the master key was not finished
 */
export async function checkMasterKey(store: KeyStore, masterKey: MasterKey): Promise<void> {
  const check = parse(await store.putSecretIfAbsent(CHECK, settled(masterKey)));
  if (check.state === 'changing') {
    throw new MasterKeyError(`The master key is being changed from ${check.from} to ${check.to}, and that was not finished: run the change again with both keys, then start with key ${check.to}.`);
  }
  if (check.keyId !== masterKey.id) {
    throw new MasterKeyError(`ROLEBOOK_MASTER_KEY is the wrong key (${masterKey.id}). ${otherKey(check.keyId)}`);
  }
  masterKey.unwrap(secretName(CHECK), Buffer.from(check.proof, 'base64'));
}

/**
 * Wraps everything in the store anew. Nothing else may use the store meanwhile.
 * Killed half-way, it is run again with the same two keys and goes on; run once more, it changes nothing.
 * What is sealed, signed or derived stays as it is: only the wrapping of its keys changes.
 * @param onProgress is told how many keys are done
 * @returns how many keys and secrets were wrapped anew
 * @throws {MasterKeyError} where the store was written with neither key, or another change is half-way
 */
export async function rewrapAll(store: KeyStore, from: MasterKey, to: MasterKey, onProgress: (done: number) => void = () => undefined): Promise<number> {
  const stands = await store.getSecret(CHECK);
  if (!stands) throw new MasterKeyError('This key store has never been used, so there is no master key to change: start with the new one.');
  const check = parse(stands);
  if (check.state === 'settled' && check.keyId === to.id) return 0;
  assertMayChange(check, from, to);
  await store.putSecret(CHECK, encode({ state: 'changing', from: from.id, to: to.id }));

  let done = 0;
  let afterSubject: string | undefined;
  for (;;) {
    const page = await store.scan({ limit: PAGE, ...(afterSubject === undefined ? {} : { afterSubject }) });
    const last = page[page.length - 1];
    if (!last) break;
    const old = page.filter(({ wrapped }) => wrappedBy(wrapped) !== to.id);
    if (old.length > 0) await store.rewrap(old.map(({ subject, wrapped }) => ({ subject, wrapped: again(from, to, subjectName(subject), wrapped) })));
    done += old.length;
    afterSubject = last.subject;
    onProgress(done);
  }
  for (const name of await store.secretNames()) {
    const wrapped = name === CHECK ? null : await store.getSecret(name);
    if (!wrapped || wrappedBy(wrapped) === to.id) continue;
    await store.putSecret(name, again(from, to, secretName(name), wrapped));
    onProgress(++done);
  }
  await store.putSecret(CHECK, settled(to));
  return done;
}

function assertMayChange(check: Check, from: MasterKey, to: MasterKey): void {
  if (check.state === 'changing') {
    if (check.from === from.id && check.to === to.id) return;
    throw new MasterKeyError(`A change of the master key from ${check.from} to ${check.to} is half-way: finish that one first.`);
  }
  if (check.keyId !== from.id) throw new MasterKeyError(`The old key given is ${from.id}, but the store was written with ${check.keyId}: give that one.`);
  from.unwrap(secretName(CHECK), Buffer.from(check.proof, 'base64'));
}

function again(from: MasterKey, to: MasterKey, name: string, wrapped: Uint8Array): Uint8Array {
  const plain = from.unwrap(name, wrapped);
  const result = to.wrap(name, plain);
  plain.fill(0);
  return result;
}

function settled(masterKey: MasterKey): Uint8Array {
  const proof = Buffer.from(masterKey.wrap(secretName(CHECK), PROOF)).toString('base64');
  return encode({ state: 'settled', keyId: masterKey.id, proof });
}

function encode(check: Check): Uint8Array {
  return new Uint8Array(Buffer.from(JSON.stringify(check), 'utf8'));
}

function parse(bytes: Uint8Array): Check {
  try {
    const check = JSON.parse(Buffer.from(bytes).toString('utf8')) as Check;
    if (check.state === 'settled' || check.state === 'changing') return check;
  } catch {
    // said below
  }
  throw new MasterKeyError('The key store does not say which master key it belongs to: restore it from a backup.');
}
