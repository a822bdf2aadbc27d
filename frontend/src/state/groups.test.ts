import { expect, it } from 'vitest';
import { groupByDate } from './groups';

const plain = { matter: 'general', pinned: false, held: false, draft: false, thinking: false };

const now = new Date(2026, 2, 10, 9, 30);
const at = (id: string, ...when: [number, number, number, number?, number?]) => {
  const time = new Date(...when).toISOString();
  return { id, title: id, createdAt: time, updatedAt: time, messages: 1, ...plain };
};

it('groups conversations by the calendar, not by hours, and leaves out what is empty', () => {
  const groups = groupByDate(
    [
      at('now', 2026, 2, 10, 9, 29),
      at('midnight', 2026, 2, 10, 0, 0),
      at('late', 2026, 2, 9, 23, 59),
      at('seven', 2026, 2, 3, 0, 0),
      at('eight', 2026, 2, 2, 23, 59),
    ],
    now,
  );
  expect(groups.map((g) => [g.name, g.conversations.map((c) => c.id)])).toEqual([
    ['today', ['now', 'midnight']],
    ['yesterday', ['late']],
    ['week', ['seven']],
    ['older', ['eight']],
  ]);
  expect(groupByDate([], now)).toEqual([]);
});

it('puts a conversation without a readable date last', () => {
  const odd = { id: 'x', title: '', createdAt: '', updatedAt: '', messages: 0, ...plain };
  expect(groupByDate([odd], now)[0]?.name).toBe('older');
});

it('puts the pinned before all others', () => {
  const groups = groupByDate(
    [at('a', 2026, 2, 10, 9, 29), { ...at('b', 2020, 1, 1, 0, 0), pinned: true }],
    now,
  );
  expect(groups.map((g) => g.name)).toEqual(['pinned', 'today']);
});
