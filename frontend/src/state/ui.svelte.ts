// What is shown around the conversation.
import type { Conversation } from '../api/types';

export type Dialog =
  { kind: 'evidence' } | { kind: 'shortcuts' } | { kind: 'delete'; conversation: Conversation };

class Ui {
  sidebar = $state(true);
  settings = $state(false);
  dialog = $state.raw<Dialog | null>(null);
  focusComposer = $state(0); // counts requests

  toComposer(): void {
    this.settings = false;
    this.focusComposer++;
  }

  wipe(): void {
    this.settings = false;
    this.dialog = null;
  }
}

export const ui = new Ui();
