// The list of conversations.
import * as api from '../api/bridge';
import { toFault } from '../api/fault';
import type { Conversation } from '../api/types';
import { chat } from './chat.svelte';

class Library {
  conversations = $state.raw<Conversation[]>([]);
  #load = 0;

  async reload(): Promise<void> {
    const load = ++this.#load;
    try {
      const list = await api.conversations();
      if (load !== this.#load) return;
      this.conversations = list;
      for (const c of list) chat.renamed(c.id, c.title);
    } catch (reason) {
      if (load === this.#load) chat.fault = toFault(reason);
    }
  }

  async rename(id: string, title: string): Promise<void> {
    try {
      await api.rename(id, title);
      chat.renamed(id, title);
    } catch (reason) {
      chat.fault = toFault(reason);
    }
    await this.reload();
  }

  async remove(id: string): Promise<void> {
    try {
      await api.remove(id);
      if (chat.conversation?.id === id) chat.begin();
    } catch (reason) {
      chat.fault = toFault(reason);
    }
    await this.reload();
  }

  wipe(): void {
    this.#load++;
    this.conversations = [];
  }
}

export const library = new Library();
