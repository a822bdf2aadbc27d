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
  const text = selected(event.target);
  if (text) void clipboard(text);
}

export function onCut(event: ClipboardEvent): void {
  event.preventDefault();
  const text = selected(event.target);
  if (text) void clipboard(text).then((copied) => copied && document.execCommand('delete'));
}

/** What is selected in a field, or else in the page. */
function selected(target: EventTarget | null): string {
  if (!(target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement))
    return getSelection()?.toString() ?? '';
  if (target.type === 'password') return '';
  return target.value.slice(target.selectionStart ?? 0, target.selectionEnd ?? 0);
}
