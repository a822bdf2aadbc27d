// Conversations by the day they last changed, as a reader counts days: by the calendar here, not by hours.
import type { Conversation } from '../api/types';

export type GroupName = 'pinned' | 'today' | 'yesterday' | 'week' | 'older';
export interface Group {
  name: GroupName;
  conversations: Conversation[];
}

function startOfDay(now: Date, daysBack: number): number {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysBack).getTime();
}

export function groupByDate(conversations: Conversation[], now: Date): Group[] {
  const bounds: [GroupName, number][] = [
    ['today', startOfDay(now, 0)],
    ['yesterday', startOfDay(now, 1)],
    ['week', startOfDay(now, 7)],
    ['older', -Infinity],
  ];
  const groups: Group[] = bounds.map(([name]) => ({ name, conversations: [] }));
  const pinned: Group = { name: 'pinned', conversations: [] };
  for (const c of conversations) {
    if (c.pinned) {
      pinned.conversations.push(c);
      continue;
    }
    const at = Date.parse(c.updatedAt);
    const i = bounds.findIndex(([, from]) => at >= from);
    groups[i === -1 ? groups.length - 1 : i]!.conversations.push(c);
  }
  return [pinned, ...groups].filter((g) => g.conversations.length > 0);
}
