const GIVEN = ['Amara', 'Anan', 'Beatriz', 'Björn', 'Chai', 'Chloé', 'Dara', 'Dmitri', 'Emeka', 'Fatima', 'Grace', 'Hana', 'Ines', 'Jakub', 'Kanya', 'Kofi', 'Liam', 'Malee', 'Mateo', 'Mei', 'Narong', 'Nok', 'Olga', 'Ploy', 'Priya', 'Quinn', 'Rafael', 'Somchai', 'Sven', 'Tuan', 'Uma', 'Valentina', 'Wichai', 'Ximena', 'Yara', 'Zoë', 'มาลี', 'สมชาย', 'นภา', 'กิตติ'];
const FAMILY = ['Abe', 'Adeyemi', 'Boonmee', 'Carvalho', 'Chaiyasit', 'Dubois', 'Eriksen', 'Fernández', 'García', 'Hansen', 'Ibrahim', 'Jensen', 'Kaewmanee', 'Kowalski', 'Larsson', 'Mahlangu', 'Nakamura', 'Novak', 'Okafor', 'Olsen', 'Petrov', 'Quispe', 'Rattanakorn', 'Rossi', 'Schmidt', 'Silva', 'Srisai', 'Tanaka', 'Thongchai', 'Ueda', 'Varga', 'Weber', 'Xu', 'Yılmaz', 'Zhang', 'Ödegaard', 'ใจดี', 'ศรีสุข'];
const MORE = 'abcdefghijklmnopqrstuvwxyz';

export const DEVICES = ['Chrome on macOS', 'Chrome on Windows', 'Safari on iOS', 'Chrome on Android', 'Firefox on Linux', 'Edge on Windows'] as const;

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function chance(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function pick<T>(of: readonly T[], random: () => number): T {
  return of[Math.floor(random() * of.length)] as T;
}

/** A name; family names of many people differ, as they do. */
export function personName(random: () => number): string {
  const suffix = Array.from({ length: 2 + Math.floor(random() * 4) }, () => MORE[Math.floor(random() * MORE.length)]).join('');
  const family = pick(FAMILY, random);
  return `${pick(GIVEN, random)} ${random() < 0.5 ? family : `${family}${suffix}`}`;
}

export function address(random: () => number): string {
  return `203.${Math.floor(random() * 256)}.${Math.floor(random() * 256)}.${1 + Math.floor(random() * 254)}`;
}
