// Numbers and times as a reader of the language shown writes them.
import { language } from './language.svelte';

const units = ['B', 'kB', 'MB', 'GB', 'TB'];

export const whole = (n: number): string => n.toLocaleString(language.tag);

const decimal = (n: number, digits: number): string =>
  n.toLocaleString(language.tag, { minimumFractionDigits: digits, maximumFractionDigits: digits });

export function bytes(n: number): string {
  const step = n > 0 ? Math.min(units.length - 1, Math.floor(Math.log10(n) / 3)) : 0;
  const value = n / 1000 ** step;
  return `${decimal(value, step > 0 && value < 100 ? 1 : 0)} ${units[step]}`;
}

export function moment(rfc3339: string): string {
  const when = new Date(rfc3339);
  return Number.isNaN(when.getTime())
    ? ''
    : when.toLocaleString(language.tag, { dateStyle: 'medium', timeStyle: 'short' });
}

/** 2013265920 parameters are "2.0 B". */
export function parameters(n: number): string {
  return n >= 1e9 ? `${decimal(n / 1e9, 1)} B` : n >= 1e6 ? `${decimal(n / 1e6, 1)} M` : whole(n);
}
