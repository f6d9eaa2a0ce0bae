/** Licences that let this be used, changed and sold without giving its source away (SPDX identifiers). */
export const ALLOWED_LICENCES: ReadonlySet<string> = new Set([
  '0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'CC0-1.0', 'ISC', 'MIT', 'MIT-0', 'Python-2.0', 'Unlicense',
]);

interface Exception {
  readonly packages: RegExp;
  /** Allowed for these besides. */
  readonly licence: string;
  readonly why: string;
}

/** What is allowed to single packages alone, and why. One that no installed package needs any more is refused too. */
export const EXCEPTIONS: readonly Exception[] = [
  { packages: /^@img\/sharp-/, licence: 'LGPL-3.0-or-later', why: 'libvips, loaded as a shared library and unchanged: anybody can put another in its place, which is what the LGPL asks for' },
  { packages: /^caniuse-lite$/, licence: 'CC-BY-4.0', why: 'data of a build tool; nothing of it is delivered' },
];

/** Packages that forgot to say their licence in package.json, with where they say it. For this version alone. */
export const SAID_ELSEWHERE: Readonly<Record<string, string>> = {
  'pause@0.0.1': 'MIT', // at the end of its Readme.md
};

/** A field of package.json: an SPDX expression, or one of the two old forms. @returns `null` where there is none */
export function licenceOf(manifest: { readonly license?: unknown; readonly licenses?: unknown }): string | null {
  const one = (value: unknown): string | null => (typeof value === 'string' ? value : typeof (value as { type?: unknown } | null)?.type === 'string' ? (value as { type: string }).type : null);
  const several = Array.isArray(manifest.licenses) ? manifest.licenses.map(one) : [];
  return one(manifest.license) ?? (several.length > 0 && several.every((each) => each !== null) ? several.join(' OR ') : null);
}

/**
 * Whether an SPDX licence expression (SPDX 2.3, annex D) can be met with these licences: one side of an OR, both sides of an AND.
 * What it cannot read - `SEE LICENSE IN x`, `WITH` an exception, a licence that is not on the list - it refuses.
 */
export function isAllowed(expression: string, allowed: ReadonlySet<string>): boolean {
  const tokens = expression.match(/\(|\)|[^\s()]+/g) ?? [];
  let at = 0;
  const either = (): boolean => {
    let met = both();
    while (tokens[at] === 'OR') { at++; met = both() || met; }
    return met;
  };
  const both = (): boolean => {
    let met = single();
    while (tokens[at] === 'AND') { at++; met = single() && met; }
    return met;
  };
  const single = (): boolean => {
    const token = tokens[at++];
    if (token !== '(') return token !== undefined && allowed.has(token);
    const met = either();
    return tokens[at++] === ')' && met;
  };
  const met = either();
  return met && at === tokens.length;
}
