// What Ctrl+K shows: commands at once, hits in the conversations a moment after the last key.
import * as api from '../api/bridge';
import type { Found } from '../api/types';
import { t } from '../strings';
import { chat } from './chat.svelte';
import { run } from './commands';
import { bindings, type Command } from './keys';
import { library } from './library.svelte';
import { session } from './session.svelte';
import { ui } from './ui.svelte';

export interface Row {
  key: string;
  kind: 'commands' | 'conversations' | 'messages';
  title: string;
  snippet: Found['hits'][number]['snippet'];
  keys: string;
  act: () => void;
}

const offered: Command[] = [
  'new',
  'temporary',
  'record',
  'models',
  'policy',
  'posture',
  'settings',
  'sidebar',
  'copy',
  'export',
  'shortcuts',
  'messages',
  'lock',
];
const pause = 80; // ms
const most = 8; // conversations and commands each

class Palette {
  #text = $state('');
  #found = $state.raw<Found | null>(null);
  #timer = 0;
  #asked = 0;

  rows = $derived([...this.#commands(), ...this.#titles(), ...this.#hits()]);
  remark = $derived(
    this.#found && !this.#found.complete ? t.palette.building : this.#found?.more ? t.palette.more : '',
  );

  begin(): void {
    this.#text = '';
    this.#found = null;
  }

  look(text: string): void {
    clearTimeout(this.#timer);
    this.#text = text;
    const asked = ++this.#asked;
    if (text.trim().length < 2) this.#found = null;
    else this.#timer = window.setTimeout(() => void this.#search(text, asked), pause);
  }

  async #search(text: string, asked: number): Promise<void> {
    try {
      const found = await api.search(text);
      if (asked === this.#asked) this.#found = found;
    } catch {
      if (asked === this.#asked) this.#found = null; // policy may have turned the search off
    }
  }

  #has = (title: string): boolean => title.toLowerCase().includes(this.#text.trim().toLowerCase());

  #commands(): Row[] {
    return offered
      .filter((c) => c !== 'export' || (chat.conversation && !chat.temporary))
      .filter((c) => c !== 'temporary' || session.status?.temporary)
      .filter((c) => this.#has(t.shortcuts.commands[c]))
      .map((c) => ({
        ...{ key: `command ${c}`, kind: 'commands' as const, title: t.shortcuts.commands[c], snippet: [] },
        keys: bindings.find((b) => b.command === c)?.shown.join('+') ?? '',
        act: () => run(c),
      }));
  }

  #titles(): Row[] {
    return library.conversations
      .filter((c) => this.#has(c.title))
      .slice(0, most)
      .map((c) => ({
        ...{ key: `conversation ${c.id}`, kind: 'conversations' as const, snippet: [], keys: '' },
        title: c.title || t.sidebar.untitled,
        act: () => this.#open(c.id, ''),
      }));
  }

  #hits(): Row[] {
    return (this.#found?.hits ?? [])
      .filter((h) => h.message !== '')
      .map((h) => ({
        ...{
          key: `message ${h.message}`,
          kind: 'messages' as const,
          title: h.title,
          snippet: h.snippet,
          keys: '',
        },
        act: () => this.#open(h.conversation, h.message),
      }));
  }

  #open(id: string, message: string): void {
    void chat.open(id, message);
    ui.toComposer();
  }

  wipe(): void {
    clearTimeout(this.#timer);
    this.#asked++;
    this.begin();
  }
}

export const palette = new Palette();
