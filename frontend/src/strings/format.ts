// Numbers and times as a reader writes them.
const units = ['B', 'kB', 'MB', 'GB', 'TB'];

export function bytes(n: number): string {
  const step = n > 0 ? Math.min(units.length - 1, Math.floor(Math.log10(n) / 3)) : 0;
  const value = n / 1000 ** step;
  return `${value.toFixed(step > 0 && value < 100 ? 1 : 0)} ${units[step]}`;
}

export function moment(rfc3339: string): string {
  const when = new Date(rfc3339);
  return Number.isNaN(when.getTime())
    ? ''
    : when.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
}

/** 2013265920 parameters are "2.0 B". */
export function parameters(n: number): string {
  return n >= 1e9 ? `${(n / 1e9).toFixed(1)} B` : n >= 1e6 ? `${(n / 1e6).toFixed(1)} M` : n.toLocaleString();
}
