// Unsent text is kept by the program, sealed, a moment after the last key.
import * as api from '../api/bridge';

const pause = 500; // ms

let waiting: { id: string; text: string } | null = null;
let timer = 0;

/** Keeps the draft of a conversation ('' for the new one) a moment from now. */
export function keep(id: string, text: string): void {
  if (waiting && waiting.id !== id) void flush();
  waiting = { id, text };
  clearTimeout(timer);
  timer = window.setTimeout(() => void flush(), pause);
}

/** Keeps at once what waits. */
export async function flush(): Promise<void> {
  clearTimeout(timer);
  const { id, text } = waiting ?? { id: '', text: null };
  waiting = null;
  if (text === null) return;
  try {
    await api.setDraft(id, text);
  } catch {
    // The text still stands in the composer; a full disk says so when it is sent.
  }
}
