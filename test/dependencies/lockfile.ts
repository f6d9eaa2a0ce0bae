import { ALLOWED_LICENCES, EXCEPTIONS, isAllowed, licenceOf, SAID_ELSEWHERE } from './licences';

/** An entry of `packages` in package-lock.json, version 3, as far as it is looked at. */
export interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: unknown;
  readonly hasInstallScript?: boolean;
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}
export interface Lock { readonly lockfileVersion: number; readonly packages: Readonly<Record<string, LockedPackage>> }

export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** npm 11: which packages may run scripts as they are installed. */
  readonly allowScripts?: Readonly<Record<string, boolean>>;
}

/** The package.json of an installed package, as far as it is looked at. */
export interface InstalledPackage {
  readonly version?: string;
  readonly license?: unknown;
  readonly licenses?: unknown;
  readonly scripts?: Readonly<Record<string, string>>;
}

const REGISTRY = 'https://registry.npmjs.org/';
const EXACT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;
/** What does not come from the registry: repositories, tarballs, folders. */
const ELSEWHERE = /^(git|github:|gitlab:|bitbucket:|gist:|https?:|ssh:|file:|link:|\.{0,2}\/|[\w.-]+\/[\w.-]+)/;

/**
 * What is wrong with what is to be installed. Offline: reads the lock, the manifest and what is installed.
 * @param installed package.json of what is at a path of the lock; `null` where it is not installed (another platform's)
 * @returns a sentence for each objection, sorted; none: all is well
 */
export function objections(manifest: Manifest, lock: Lock, installed: (path: string) => InstalledPackage | null): string[] {
  if (lock.lockfileVersion !== 3) return [`package-lock.json is of version ${lock.lockfileVersion}; only version 3 is understood`];
  const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
  const found = packages.flatMap(([path, locked]) => {
    const here = installed(path);
    return [...aboutOrigin(path, locked), ...aboutLicence(path, locked, here), ...aboutInstalled(path, locked, here)];
  });
  return [...found, ...aboutPins(manifest), ...aboutAgreement(manifest, lock), ...aboutScripts(manifest, packages), ...aboutExceptions(packages)].sort();
}

/** `node_modules/a/node_modules/@b/c` is `@b/c`. */
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
const titled = (path: string, { version }: LockedPackage) => `${nameOf(path)}@${version ?? '?'}`;

function aboutOrigin(path: string, locked: LockedPackage): string[] {
  const title = titled(path, locked);
  if (locked.link) return [`${title} is a link, not a package of the registry`];
  const from = locked.resolved !== undefined && !locked.resolved.startsWith(REGISTRY) ? [`${title} comes from ${locked.resolved}, not from ${REGISTRY}`] : [];
  const hash = locked.integrity === undefined || !/(^|\s)sha512-[A-Za-z0-9+/]{86}==/.test(locked.integrity) ? [`${title} has no SHA-512 in the lock: nobody would notice another package in its place`] : [];
  const wanted = Object.entries({ ...locked.dependencies, ...locked.optionalDependencies }).filter(([, range]) => ELSEWHERE.test(range));
  return [...from, ...hash, ...wanted.map(([name, range]) => `${title} wants ${name} from ${range}, not from the registry`)];
}

function aboutLicence(path: string, locked: LockedPackage, here: InstalledPackage | null): string[] {
  const title = titled(path, locked);
  const licence = licenceOf(locked) ?? (here && licenceOf(here)) ?? SAID_ELSEWHERE[title] ?? null;
  if (licence === null) return [`${title} does not say its licence`];
  const besides = EXCEPTIONS.filter(({ packages }) => packages.test(nameOf(path))).map((exception) => exception.licence);
  return isAllowed(licence, new Set([...ALLOWED_LICENCES, ...besides])) ? [] : [`${title} is under ${licence}, which is not allowed`];
}

/** What is installed must be what the lock speaks of: the rest of this is said of the lock. */
function aboutInstalled(path: string, locked: LockedPackage, here: InstalledPackage | null): string[] {
  if (here === null) return [];
  const title = titled(path, locked);
  const scripts = ['preinstall', 'install', 'postinstall'].filter((script) => here.scripts?.[script] !== undefined);
  return [
    ...(here.version === locked.version ? [] : [`${title} is installed as version ${here.version ?? '?'}`]),
    ...(scripts.length === 0 || locked.hasInstallScript ? [] : [`${title} has the script ${scripts.join(', ')}, which the lock does not speak of`]),
  ];
}

function aboutPins({ dependencies = {}, devDependencies = {}, overrides = {} }: Manifest): string[] {
  return Object.entries({ ...dependencies, ...devDependencies, ...overrides })
    .filter(([, version]) => typeof version !== 'string' || !EXACT.test(version))
    .map(([name, version]) => `package.json wants ${name} in ${JSON.stringify(version)}: name one version`);
}

function aboutAgreement(manifest: Manifest, lock: Lock): string[] {
  const root = lock.packages[''] ?? {};
  const same = (a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>> = {}) => JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
  return same(manifest.dependencies, root.dependencies) && same(manifest.devDependencies, root.devDependencies) ? [] : ['package.json and package-lock.json disagree: run npm install and commit both'];
}

function aboutScripts({ allowScripts = {} }: Manifest, packages: readonly (readonly [string, LockedPackage])[]): string[] {
  const having = new Set(packages.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => nameOf(path)));
  return [
    ...[...having].filter((name) => !(name in allowScripts)).map((name) => `${name} runs a script as it is installed, and allowScripts in package.json says neither yes nor no`),
    ...Object.keys(allowScripts).filter((name) => !having.has(name)).map((name) => `allowScripts in package.json speaks of ${name}, which runs no script: take it out`),
  ];
}

function aboutExceptions(packages: readonly (readonly [string, LockedPackage])[]): string[] {
  const [names, titles] = [packages.map(([path]) => nameOf(path)), new Set(packages.map(([path, locked]) => titled(path, locked)))];
  return [
    ...EXCEPTIONS.filter((exception) => !names.some((name) => exception.packages.test(name))).map((exception) => `no package needs the exception for ${exception.licence} any more (${exception.packages.source}): take it out`),
    ...Object.keys(SAID_ELSEWHERE).filter((title) => !titles.has(title)).map((title) => `${title} is not installed any more: take it out of licences.ts`),
  ];
}
