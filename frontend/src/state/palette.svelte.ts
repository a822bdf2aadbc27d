// What Ctrl+K shows: commands and titles at once, hits in conversations and documents a moment after the last key.
import * as api from '../api/bridge';
import type { Doc, Found, PageSpot, PassageHit } from '../api/types';
import { t } from '../strings';
import { chat } from './chat.svelte';
import { run } from './commands';
import { documents } from './documents.svelte';
import { bindings, type Command } from './keys';
import { library } from './library.svelte';
import { session } from './session.svelte';
import { ui } from './ui.svelte';

export interface Row {
  key: string;
  kind: 'commands' | 'conversations' | 'documents' | 'messages' | 'passages';
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
  'larger',
  'smaller',
  'usual',
  'shortcuts',
  'messages',
  'lock',
];
const pause = 80; // ms
const most = 8; // conversations and commands each

class Palette {
  #text = $state('');
  #found = $state.raw<Found | null>(null);
  #passages = $state.raw<PassageHit[]>([]);
  #documents = $state.raw<Doc[]>([]); // all there are
  #timer = 0;
  #asked = 0;
  #opened = 0;

  rows = $derived([
    ...this.#commands(),
    ...this.#titles(),
    ...this.#names(),
    ...this.#hits(),
    ...this.#inDocuments(),
  ]);
  remark = $derived(
    this.#found && !this.#found.complete ? t.palette.building : this.#found?.more ? t.palette.more : '',
  );

  begin(): void {
    this.#clear();
    void this.#list(++this.#opened);
  }

  async #list(opened: number): Promise<void> {
    const all = await api.documents({ conversation: '', matter: '', newIn: '' }).catch(() => []);
    if (opened === this.#opened) this.#documents = all;
  }

  #clear(): void {
    this.#text = '';
    this.#found = null;
    this.#passages = this.#documents = [];
  }

  look(text: string): void {
    clearTimeout(this.#timer);
    this.#text = text;
    const asked = ++this.#asked;
    if (text.trim().length < 2) this.#take(null, []);
    else this.#timer = window.setTimeout(() => void this.#search(text, asked), pause);
  }

  async #search(text: string, asked: number): Promise<void> {
    try {
      const found = await api.search(text); // first: where policy turned it off, that is on record once
      const passages = await api.searchDocuments(text);
      if (asked === this.#asked) this.#take(found, passages);
    } catch {
      if (asked === this.#asked) this.#take(null, []);
    }
  }

  #take(found: Found | null, passages: PassageHit[]): void {
    this.#found = found;
    this.#passages = passages;
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

  #names(): Row[] {
    return this.#documents
      .filter((d) => d.pages > 0 && this.#text.trim() && this.#has(d.name))
      .slice(0, most)
      .map((d) => ({
        ...{ key: `document ${d.id}`, kind: 'documents' as const, title: d.name, snippet: [], keys: '' },
        act: () => this.#show(d.id, { page: 1, start: 0, end: 0 }),
      }));
  }

  #inDocuments(): Row[] {
    return this.#passages.map((p) => ({
      ...{ key: `passage ${p.document} ${p.page} ${p.start}`, kind: 'passages' as const, keys: '' },
      ...{ title: t.palette.passage(p.name, p.page), snippet: p.snippet },
      act: () => this.#show(p.document, p),
    }));
  }

  /** Shows a document beside its conversation; one of a matter, beside the one in view. */
  #show(id: string, at: PageSpot): void {
    const conversation = this.#documents.find((d) => d.id === id)?.conversation;
    if (conversation) void chat.open(conversation);
    ui.view = 'chat';
    void documents.show(id, at);
  }

  #open(id: string, message: string): void {
    void chat.open(id, message);
    ui.toComposer();
  }

  wipe(): void {
    clearTimeout(this.#timer);
    this.#asked++;
    this.#opened++;
    this.#clear();
  }
}

export const palette = new Palette();
