import type { Language } from '../texts.ts';

const locale = { en: 'en-GB', zh: 'zh-CN' } as const;
const minute = { en: format('en', {}), zh: format('zh', {}) };
const second = { en: format('en', { second: '2-digit' }), zh: format('zh', { second: '2-digit' }) };
const precise = format('en', { second: '2-digit', fractionalSecondDigits: 3 });

function format(language: Language, more: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locale[language], {
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
    ...more,
  });
}

/** 14:05 */
export function timeOfDay(language: Language, time: number): string {
  return minute[language].format(time);
}

/** 14:05:09 */
export function secondOfDay(language: Language, time: number): string {
  return second[language].format(time);
}

/** 14:05:09.123 */
export function instant(time: number): string {
  return precise.format(time);
}

/** 1:05, or 2:00:09 */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [hours, ...rest] = parts;
  const [minutes, last] = rest.map((part, i) => (i > 0 || hours ? `${part}`.padStart(2, '0') : `${part}`));
  return hours ? `${hours}:${minutes}:${last}` : `${minutes}:${last}`;
}
