import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync('src/styles/tokens.css', 'utf8');

function tokens(selector: string): Record<string, string> {
  const block = css.slice(css.indexOf(`${selector} {`)).split('}')[0] ?? '';
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((m) => [m[1]!, m[2]!]));
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const grounds = ['page', 'panel', 'raised', 'hover', 'selected', 'bad-panel', 'warn-panel'];
const onCode = ['keyword', 'string', 'number', 'name', 'comment'].map(
  (s) => [`syntax-${s}`, 'code'] as const,
);
const text: (readonly [string, string])[] = [
  ...grounds.flatMap((g) => [['ink', g] as const]),
  ...['page', 'panel', 'raised', 'hover', 'selected', 'bad-panel'].map((g) => ['quiet', g] as const),
  ...['good', 'warn', 'bad'].flatMap((m) => ['page', 'panel', 'hover'].map((g) => [m, g] as const)),
  ['bad', 'bad-panel'],
  ['on-accent', 'accent'],
  ['on-accent', 'accent-hover'],
  ['page', 'bad'],
  ['page', 'bad-hover'],
  ['chip-ink', 'chip'],
  ['ink', 'code'],
  ...onCode,
];
const shapes: (readonly [string, string])[] = ['page', 'panel', 'raised'].flatMap((g) => [
  ['edge', g] as const,
  ['focus', g] as const,
  ['accent', g] as const,
]);

describe.each([
  ['light', ':root'],
  ['dark', ":root[data-theme='dark']"],
])('the %s theme', (_, selector) => {
  const colours = tokens(selector);
  const ratio = (a: string, b: string) => contrast(colours[a]!, colours[b]!);

  it.each(text)('is AA for text: %s on %s', (a, b) => expect(ratio(a, b)).toBeGreaterThanOrEqual(4.5));
  it.each(shapes)('is AA for edges and focus: %s on %s', (a, b) =>
    expect(ratio(a, b)).toBeGreaterThanOrEqual(3),
  );
});

it('measures contrast as WCAG does', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.478, 3);
});

it('gives both themes the same colours to fill', () => {
  expect(Object.keys(tokens(":root[data-theme='dark']"))).toEqual(Object.keys(tokens(':root')));
});
