import { readFile } from 'node:fs/promises';

/** Code points, whatever the business asks for: argon2 must not be given books. */
const MAX_LENGTH = 200;
/** Fewer different characters than this are a pattern, not a password. */
const MIN_DIFFERENT = 5;
/** Parts of names and addresses shorter than this are found in any text. */
const MIN_WORD = 3;
/** A password in which fewer letters than this are the person's own is made of what others know. */
const MIN_OWN_LETTERS = 4;

/** What fingers type by themselves: along the rows, the alphabet, and down the columns of the keyboard. */
const RUNS = ['1234567890', 'abcdefghijklmnopqrstuvwxyz', 'qwertyuiopasdfghjklzxcvbnm', '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p', 'ๅภถุึคตจขชๆไำพะัีรนยบลฟหกดเ้่าสวงผปแอิืทมใฝ'];

export interface PasswordProblem {
  readonly code: 'password-too-short' | 'password-too-long' | 'password-too-common' | 'password-too-personal';
  /** One sentence for the person who chose it. */
  readonly message: string;
}

export interface PasswordRules {
  /** Code points; what counts is the password in NFC. */
  readonly minLength: number;
  /** What others know of the person: address, name, business. */
  readonly forbidden: readonly string[];
}

/**
 * Whether a password may be chosen, after NIST SP 800-63B-4, section 3.1.1.2: long enough, and not one that an attacker tries first.
 * No rule asks for digits or signs. Refused are, without regard to case:
 * the 49,000 most common passwords (of zxcvbn-ts, MIT licence), also with digits and signs around them or typed twice;
 * runs along the keyboard or the alphabet; fewer than five different characters;
 * and what is made of the person's address, name or business with little of its own.
 * @returns the first problem, or `null`
 */
export async function checkPassword(password: string, { minLength, forbidden }: PasswordRules): Promise<PasswordProblem | null> {
  const length = [...password.slice(0, 8 * MAX_LENGTH).normalize('NFC')].length;
  if (length > MAX_LENGTH) return { code: 'password-too-long', message: `A password has at most ${MAX_LENGTH} characters.` };
  if (length < minLength) return { code: 'password-too-short', message: `A password needs at least ${minLength} characters; a sentence is easy to remember.` };

  const common = await commonPasswords();
  const text = fold(password);
  if (isCommon(text, common)) {
    return { code: 'password-too-common', message: 'This password, perhaps with digits or signs around it, is among the first that an attacker tries: choose another one.' };
  }
  const own = withoutWords(text, forbidden.flatMap(wordsOf));
  if (own !== null && ((own.match(/\p{L}/gu)?.length ?? 0) < MIN_OWN_LETTERS || isListed(own, common))) {
    return { code: 'password-too-personal', message: 'This password is made of the name, the address or the business: choose one that others cannot guess.' };
  }
  return null;
}

/** Case, and the forms in which Unicode writes the same letter, make no difference to an attacker. */
function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

function isCommon(text: string, common: ReadonlySet<string>): boolean {
  return new Set(text).size < MIN_DIFFERENT || RUNS.some((run) => isRun(text, run)) || isListed(repeatedUnit(text), common);
}

function isListed(text: string, common: ReadonlySet<string>): boolean {
  const letters = text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
  return common.has(text) || (letters.length >= 4 && common.has(repeatedUnit(letters)));
}

function isRun(text: string, run: string): boolean {
  const endless = run.repeat(Math.ceil(text.length / run.length) + 1);
  return endless.includes(text) || [...endless].reverse().join('').includes(text);
}

/** `abcabc` is `abc`, typed twice. */
function repeatedUnit(text: string): string {
  return text.slice(0, (text + text).indexOf(text, 1));
}

/** The text as a whole, and its words. */
function wordsOf(text: string): string[] {
  const folded = fold(text).trim();
  return [folded, ...folded.split(/[^\p{L}\p{M}\p{N}]+/u)].filter((word) => [...word].length >= MIN_WORD);
}

/** What is left of the password, or `null` where it holds none of the words. */
function withoutWords(text: string, words: readonly string[]): string | null {
  const longestFirst = [...words].sort((a, b) => b.length - a.length);
  let left = text;
  for (const word of longestFirst) left = left.replaceAll(word, ' ');
  return left === text ? null : left.replaceAll(' ', '');
}

let list: Promise<ReadonlySet<string>> | null = null;

/** Half a megabyte of file, read with the first password that somebody chooses. */
function commonPasswords(): Promise<ReadonlySet<string>> {
  list ??= readFile(require.resolve('@zxcvbn-ts/language-common/src/passwords.json'), 'utf8').then((json) => new Set(JSON.parse(json) as string[]));
  list.catch(() => { list = null; });
  return list;
}
