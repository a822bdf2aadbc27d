// Text leaves the window through the program, which asks the policy and clears the clipboard again: what a button copies,
// and what is selected and then copied or cut.
import * as api from '../api/bridge';
import { toFault } from '../api/fault';
import { t } from '../strings';
import { chat } from './chat.svelte';

/** Puts text on the clipboard; false where policy forbids it, which the chat then says. */
export async function clipboard(text: string): Promise<boolean> {
  try {
    await api.copy(text);
    return true;
  } catch (reason) {
    chat.fault = toFault(reason);
    return false;
  }
}

export async function copyLast(): Promise<void> {
  const text = chat.lastAnswer();
  if (!text) chat.spoken = t.chat.noAnswer;
  else if (await clipboard(text)) chat.spoken = t.chat.copied;
}

export function onCopy(event: ClipboardEvent): void {
  event.preventDefault();
  const { text, again } = selected(event.target);
  if (text) void clipboard(text).then(again);
}

export function onCut(event: ClipboardEvent): void {
  event.preventDefault();
  const { text, again } = selected(event.target);
  if (!text) return;
  void clipboard(text).then((copied) => {
    again();
    if (copied && isField(event.target)) document.execCommand('delete'); // which can be undone
  });
}

const isField = (target: EventTarget | null): target is HTMLTextAreaElement | HTMLInputElement =>
  target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement;

/** What is selected in a field, or else in the page; and how to select it again: WebKitGTK drops a selection when another
 * program, here this one, takes the primary one. */
function selected(target: EventTarget | null): { text: string; again: () => void } {
  if (isField(target)) {
    const [from, to] = [target.selectionStart ?? 0, target.selectionEnd ?? 0];
    const text = target.type === 'password' ? '' : target.value.slice(from, to);
    return { text, again: () => target.setSelectionRange(from, to) };
  }
  const selection = getSelection();
  const range = selection?.rangeCount ? selection.getRangeAt(0).cloneRange() : null;
  const again = (): void => {
    selection?.removeAllRanges();
    if (range) selection?.addRange(range);
  };
  return { text: selection?.toString() ?? '', again };
}
