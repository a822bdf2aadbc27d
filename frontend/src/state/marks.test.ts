import { describe, expect, it } from 'vitest';
import { moved } from './marks.svelte';

const find = (start: number, end: number) => ({
  ...{ start, end, type: 'EMAIL_ADDRESS', label: '[EMAIL]', reason: '', action: 'mask' as const },
});
const at = (text: string, f: { start: number; end: number }) => text.slice(f.start, f.end);

describe('marks, until the program has looked again', () => {
  const from = 'to a@b.org and c@d.org';
  const finds = [find(3, 10), find(15, 22)];

  it('move with what is typed before them', () => {
    const to = 'Up to a@b.org and c@d.org';
    expect(moved(finds, from, to).map((f) => at(to, f))).toEqual(['a@b.org', 'c@d.org']);
  });

  it('stay where something is typed after them, and go where it is typed inside', () => {
    const to = 'to a@b.org or c@d.org';
    expect(moved(finds, from, to).map((f) => at(to, f))).toEqual(['a@b.org', 'c@d.org']);
    expect(moved(finds, from, 'to a@Xb.org and c@d.org')).toHaveLength(1);
    expect(moved(finds, from, '')).toEqual([]);
  });
});
