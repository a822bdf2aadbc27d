// The keyboard, as one table: what is pressed, what it does, and how the shortcuts dialog writes it.
import type { Strings } from '../strings';

export type Command = keyof Strings['shortcuts']['commands'];

interface Binding {
  command: Command;
  key: string; // KeyboardEvent.key, lower case
  ctrl: boolean; // Cmd counts as Ctrl
  shift: boolean | null; // null: either way (the key itself depends on it)
  shown: string[];
  whileTyping: boolean;
}

const binding = (command: Command, shown: string[], rest: Partial<Binding> & { key: string }): Binding => ({
  command,
  shown,
  ctrl: true,
  shift: false,
  whileTyping: true,
  ...rest,
});

export const bindings: readonly Binding[] = [
  binding('palette', ['Ctrl', 'K'], { key: 'k' }),
  binding('new', ['Ctrl', 'N'], { key: 'n' }),
  binding('temporary', ['Ctrl', 'Shift', 'N'], { key: 'n', shift: true }),
  binding('lock', ['Ctrl', 'L'], { key: 'l' }),
  binding('sidebar', ['Ctrl', 'B'], { key: 'b' }),
  binding('settings', ['Ctrl', ','], { key: ',' }),
  binding('copy', ['Ctrl', 'Shift', 'C'], { key: 'c', shift: true }),
  binding('export', ['Ctrl', 'Shift', 'E'], { key: 'e', shift: true }),
  binding('larger', ['Ctrl', '+'], { key: '+', shift: null }),
  binding('larger', ['Ctrl', '='], { key: '=' }), // the plus where it is a shifted key
  binding('smaller', ['Ctrl', '−'], { key: '-', shift: null }),
  binding('usual', ['Ctrl', '0'], { key: '0' }),
  binding('stop', ['Esc'], { key: 'escape', ctrl: false }),
  binding('region', ['F6'], { key: 'f6', ctrl: false }),
  binding('regionBack', ['Shift', 'F6'], { key: 'f6', ctrl: false, shift: true }),
  binding('shortcuts', ['Ctrl', '/'], { key: '/', shift: null }),
  binding('shortcuts', ['?'], { key: '?', ctrl: false, shift: null, whileTyping: false }),
];

type Press = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>;

export function commandFor(press: Press, typing: boolean): Command | null {
  const ctrl = press.ctrlKey || press.metaKey;
  if (press.altKey) return null;
  const found = bindings.find(
    (b) =>
      b.key === press.key.toLowerCase() &&
      b.ctrl === ctrl &&
      (b.shift === null || b.shift === press.shiftKey) &&
      (b.whileTyping || !typing),
  );
  return found?.command ?? null;
}

export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.matches('input:not([type=radio]), textarea, [contenteditable]')
  );
}
