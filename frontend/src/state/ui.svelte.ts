// What is shown around the conversation.
import type { Conversation, Doc, Matter, Message } from '../api/types';

export type Dialog =
  | { kind: 'evidence' | 'shortcuts' | 'palette' | 'matters' | 'masked' }
  | { kind: 'delete' | 'organise'; conversation: Conversation }
  | { kind: 'export'; conversations: Conversation[] }
  | { kind: 'deleteMany'; ids: string[] }
  | { kind: 'deleteMessage'; message: Message }
  | { kind: 'deleteDocument'; document: Doc }
  | { kind: 'documents' | 'deleteMatter'; matter: Matter };

export type View = 'chat' | 'record' | 'models' | 'policy' | 'posture' | 'settings' | 'messages';

class Ui {
  sidebar = $state(true);
  view = $state<View>('chat');
  dialog = $state.raw<Dialog | null>(null);
  focusComposer = $state(0); // counts requests

  /** Shows a view, or the chat again if it is shown. */
  toggle(view: View): void {
    this.view = this.view === view ? 'chat' : view;
  }

  toComposer(): void {
    this.view = 'chat';
    this.focusComposer++;
  }

  wipe(): void {
    this.view = 'chat';
    this.dialog = null;
  }
}

export const ui = new Ui();
