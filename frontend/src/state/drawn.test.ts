import { describe, expect, it } from 'vitest';
import type { Message } from '../api/types';
import { around, newest, range, widened } from './drawn';

const messages = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ({ id: `m${from + i}` })) as Message[];

describe('what is drawn of a long conversation', () => {
  const all = messages(100, 300);

  it('is its newest messages at first, or those around one', () => {
    expect(range(all, newest(all))).toEqual([188, 200]);
    expect(range(all, around(all, 'm150'))).toEqual([44, 56]);
    expect(range(all, around(all, 'm101'))).toEqual([0, 7]);
    expect(range(all, around(all, 'gone'))).toEqual([188, 200]);
  });

  it('is all of a short one, and nothing of none', () => {
    expect(range(messages(0, 5), newest(messages(0, 5)))).toEqual([0, 5]);
    expect(range([], newest([]))).toEqual([0, 0]);
  });

  it('grows and shrinks at both ends, and no further than there are messages', () => {
    expect(range(all, widened(all, newest(all), 4, 4))).toEqual([184, 200]);
    expect(range(all, widened(all, around(all, 'm150'), 4, -6))).toEqual([40, 50]);
    expect(range(all, widened(all, around(all, 'm101'), 4, 0))).toEqual([0, 7]);
  });

  it('stays where it is when earlier ones are fetched and new ones come', () => {
    const drawn = around(all, 'm150');
    expect(range(messages(0, 302), drawn)).toEqual([144, 156]);
  });

  it('is the newest where its ends are gone', () => {
    expect(range(messages(0, 50), around(all, 'm150'))).toEqual([38, 50]);
  });
});
