const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const THAI_MONTHS = ['มกราคม', 'กุมภาพันธ์', 'มีนาคม', 'เมษายน', 'พฤษภาคม', 'มิถุนายน', 'กรกฎาคม', 'สิงหาคม', 'กันยายน', 'ตุลาคม', 'พฤศจิกายน', 'ธันวาคม'];
const THAI_OFFSET_MILLISECONDS = 7 * 3_600_000;
const BUDDHIST_ERA = 543;

/**
 * Moments as people read them. Spelled here and not by `Intl`, whose wording changes with the version of its data.
 * @param at RFC 3339
 * @returns such as `1 December 2026, 09:45 UTC`
 */
export function englishMoment(at: string): string {
  const { day, month, year, time } = parts(at, 0);
  return `${day} ${MONTHS[month]} ${year}, ${time} UTC`;
}

/** In Thailand's one time zone (UTC+7 all year) and the Buddhist era: `1 ธันวาคม 2569 เวลา 16:45 น. (เวลาประเทศไทย)`. */
export function thaiMoment(at: string): string {
  const { day, month, year, time } = parts(at, THAI_OFFSET_MILLISECONDS);
  return `${day} ${THAI_MONTHS[month]} ${year + BUDDHIST_ERA} เวลา ${time} น. (เวลาประเทศไทย)`;
}

function parts(at: string, offset: number) {
  const local = new Date(Date.parse(at) + offset);
  return { day: local.getUTCDate(), month: local.getUTCMonth(), year: local.getUTCFullYear(), time: local.toISOString().slice(11, 16) };
}
