// Which messages of a long conversation are drawn: a stretch of those in hand, around what is in view. By IDs, so that it
// stays where it is when earlier ones are fetched or new ones come.
import type { Message } from '../api/types';

export interface Drawn {
  first: string;
  last: string;
}

const begin = 12; // messages: more than fill a screen, few enough to be drawn at once
export const step = 4; // that are drawn in one frame

const stretch = (all: readonly Message[], from: number, to: number): Drawn => ({
  first: all[Math.max(0, from)]?.id ?? '',
  last: all[Math.min(all.length, to) - 1]?.id ?? '',
});

export const newest = (all: readonly Message[]): Drawn => stretch(all, all.length - begin, all.length);

/** The stretch with this message in its middle; the newest where it is not in hand. */
export function around(all: readonly Message[], id: string): Drawn {
  const at = all.findIndex((m) => m.id === id);
  return at === -1 ? newest(all) : stretch(all, at - begin / 2, at + begin / 2);
}

/** The places of a stretch, from the first to before the last; of the newest where one of its ends is gone. */
export function range(all: readonly Message[], drawn: Drawn): [from: number, to: number] {
  const from = all.findIndex((m) => m.id === drawn.first);
  const to = all.findLastIndex((m) => m.id === drawn.last) + 1;
  return from === -1 || to <= from ? [Math.max(0, all.length - begin), all.length] : [from, to];
}

/** The stretch with as many more at its beginning and at its end; fewer where the number is negative. */
export function widened(all: readonly Message[], drawn: Drawn, before: number, after: number): Drawn {
  const [from, to] = range(all, drawn);
  return stretch(all, from - before, to + after);
}
