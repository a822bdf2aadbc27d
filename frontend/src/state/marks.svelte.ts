// What redaction will do to the text that is being written. Typing never waits for it: the marks of the last answer move
// with the text until the next one is there.
import * as api from '../api/bridge';
import type { Checked, Find, Instead } from '../api/types';

const pause = 60; // ms without a key before the program is asked

/** Moves finds from one text to a later one: those before the change stay, those after it shift, those in it go. */
export function moved(finds: Find[], from: string, to: string): Find[] {
  if (from === to) return finds;
  const most = Math.min(from.length, to.length);
  let head = 0;
  while (head < most && from[head] === to[head]) head++;
  let tail = 0;
  while (tail < most - head && from[from.length - 1 - tail] === to[to.length - 1 - tail]) tail++;
  const shift = to.length - from.length;
  const end = from.length - tail;
  return finds.flatMap((f) => {
    if (f.end <= head) return [f];
    if (f.start >= end) return [{ ...f, start: f.start + shift, end: f.end + shift }];
    return [];
  });
}

export interface Stretch {
  text: string;
  find: Find | null;
}

/** Cuts text at its finds; empty where there are none, so that plain text costs nothing. */
export function cut(text: string, finds: Find[]): Stretch[] {
  const out: Stretch[] = [];
  let from = 0;
  for (const find of finds) {
    if (find.start < from || find.end > text.length) continue;
    out.push(
      { text: text.slice(from, find.start), find: null },
      { text: text.slice(find.start, find.end), find },
    );
    from = find.end;
  }
  return from === 0 ? [] : [...out, { text: text.slice(from), find: null }];
}

class Marks {
  finds = $state.raw<Find[]>([]);
  masked = $state('');
  instead = $state<Instead>(''); // the user's choice for this message
  offer = $state<Instead>(''); // what else the policy lets the user choose
  #conversation = '';
  #text = ''; // that finds are of
  #timer = 0;
  #asked = 0;

  /** Tells what the composer holds now, and in which conversation. */
  update(text: string, conversation: string): void {
    clearTimeout(this.#timer);
    this.#conversation = conversation;
    this.finds = moved(this.finds, this.#text, text);
    this.#text = text;
    if (text.trim() === '') this.#clear(text);
    else this.#timer = window.setTimeout(() => void this.#ask(text), pause);
  }

  /** Chooses how the values of this message are hidden. */
  choose(instead: Instead): void {
    this.instead = instead;
    void this.#ask(this.#text);
  }

  async #ask(text: string): Promise<void> {
    const asked = ++this.#asked;
    try {
      const checked = await api.check(this.#conversation, text, this.instead);
      if (asked === this.#asked && text === this.#text) this.#take(text, checked);
    } catch {
      // Locked meanwhile, or gone: what is sent is masked all the same.
    }
  }

  #take(text: string, checked: Checked): void {
    this.#asked++;
    this.#text = text;
    this.finds = checked.finds;
    this.masked = checked.masked;
    this.offer = checked.mayMask ? 'mask' : checked.mayPseudonymise ? 'pseudonymise' : '';
  }

  #clear(text: string): void {
    this.instead = '';
    this.#take(text, { finds: [], masked: '', mayMask: false, mayPseudonymise: false });
  }

  wipe(): void {
    clearTimeout(this.#timer);
    this.#clear('');
  }
}

export const marks = new Marks();
