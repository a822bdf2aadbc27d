// The list of conversations.
import * as api from '../api/bridge';
import { toFault } from '../api/fault';
import type { Conversation, Erasure, Matter } from '../api/types';
import { chat } from './chat.svelte';

class Library {
  conversations = $state.raw<Conversation[]>([]);
  matters = $state.raw<Matter[]>([]);
  selecting = $state(false);
  selected = $state.raw<ReadonlySet<string>>(new Set()); // IDs, while selecting
  matter = $state(''); // the one whose conversations are shown; '' for all
  #load = 0;

  shown = $derived(
    this.matter === '' ? this.conversations : this.conversations.filter((c) => c.matter === this.matter),
  );

  select(id: string, chosen: boolean): void {
    const next = new Set(this.selected);
    if (chosen) next.add(id);
    else next.delete(id);
    this.selected = next;
  }

  selectAll = () => (this.selected = new Set(this.shown.map((c) => c.id)));

  endSelecting(): void {
    this.selecting = false;
    this.selected = new Set();
  }

  async reload(): Promise<void> {
    const load = ++this.#load;
    try {
      const [list, matters] = await Promise.all([api.conversations(), api.matters()]);
      if (load !== this.#load) return;
      this.conversations = list;
      this.matters = matters;
      if (!matters.some((m) => m.id === this.matter)) this.matter = '';
      this.selected = new Set(list.map((c) => c.id).filter((id) => this.selected.has(id)));
      for (const c of list) chat.renamed(c.id, c.title);
    } catch (reason) {
      if (load === this.#load) chat.fault = toFault(reason);
    }
  }

  /** Does something to the library and shows what came of it. */
  async #change(what: () => Promise<unknown>): Promise<boolean> {
    let done = true;
    try {
      await what();
    } catch (reason) {
      chat.fault = toFault(reason);
      done = false;
    }
    await this.reload();
    return done;
  }

  rename = (id: string, title: string) => this.#change(() => api.rename(id, title));
  pin = (id: string, pinned: boolean) => this.#change(() => api.pin(id, pinned));
  pinAll = (ids: string[], pinned: boolean) =>
    this.#change(async () => {
      for (const id of ids) await api.pin(id, pinned);
    });
  move = (ids: string[], matter: string) => this.#change(() => api.move(matter, ids));
  hold = (matter: string, conversation: string, reason: string) =>
    this.#change(() => api.hold(matter, conversation, reason));
  createMatter = (name: string) => this.#change(() => api.createMatter(name));
  renameMatter = (id: string, name: string) => this.#change(() => api.renameMatter(id, name));
  setRetention = (id: string, days: number) => this.#change(() => api.setRetention(id, days));

  async erase(what: Erasure): Promise<void> {
    const open = this.conversations.find((c) => c.id === chat.conversation?.id);
    const gone = open && (what.conversations?.includes(open.id) || what.matters?.includes(open.matter));
    if ((await this.#change(() => api.erase(what))) && gone) chat.begin();
  }

  wipe(): void {
    this.#load++;
    this.endSelecting();
    this.conversations = [];
    this.matters = [];
    this.matter = '';
  }
}

export const library = new Library();
