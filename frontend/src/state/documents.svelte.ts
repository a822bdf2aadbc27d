// The documents of the conversation in view and of its matter, and the page of one that is shown beside the chat.
import { tick } from 'svelte';
import * as api from '../api/bridge';
import { toFault } from '../api/fault';
import type { Doc, DocPage, DocPlace, Fault, PagePicture, PageSpot } from '../api/types';
import { t } from '../strings';
import { chat } from './chat.svelte';
import { Fetched } from './fetched.svelte';

class Documents {
  list = $state.raw<Doc[]>([]);
  used = $state.raw<ReadonlySet<string>>(new Set()); // of the matter's, those that go with a message
  page = new Fetched<DocPage>();
  open = $state(false); // the page is shown
  wide = $state(false); // the page has most of the window
  at = $state.raw<(PageSpot & { document: string }) | null>(null); // what is shown of it
  picture = new Fetched<PagePicture>();
  matter = $state.raw<Doc[]>([]); // of the matter whose dialog is open
  may = $state(false); // whether policy allows documents
  #from: HTMLElement | null = null; // what had the focus before the page was shown
  #load = 0;
  #inDialog = ''; // the matter whose dialog is open

  allowed = $derived(this.may && !chat.temporary);
  own = $derived(this.list.filter((d) => d.conversation !== ''));
  ofMatter = $derived(this.list.filter((d) => d.matter !== ''));

  constructor() {
    chat.also = () => this.ofMatter.filter((d) => this.used.has(d.id)).map((d) => d.id);
  }

  get #place(): DocPlace {
    const conversation = chat.conversation?.id ?? '';
    return { conversation, matter: '', newIn: chat.matter };
  }

  /** Asks what the conversation in view, or a new one in this matter, may use. */
  async load(): Promise<void> {
    const load = ++this.#load;
    const at = this.#place;
    try {
      const list = chat.temporary
        ? []
        : await api.documents(at.conversation ? at : { ...at, matter: chat.matter || 'general' });
      if (load === this.#load) this.list = list;
    } catch {
      if (load === this.#load) this.list = []; // the conversation says what is wrong
    }
  }

  take = (document: Doc): void => {
    const put = (list: Doc[]) => list.map((d) => (d.id === document.id ? document : d));
    this.list = put(this.list);
    this.matter = put(this.matter);
    if (document.reading === 'read') chat.spoken = t.documents.readSpoken(document.name);
    if (document.fault) chat.spoken = document.fault.message;
  };

  choose = async (matter = ''): Promise<void> => {
    try {
      await this.add(await api.chooseDocuments(t.documents.choose), matter);
    } catch (reason) {
      chat.fault = toFault(reason);
    }
  };

  /** Adds files one after the other, to the conversation in view or to a matter. */
  add = async (paths: string[], matter = ''): Promise<void> => {
    for (const path of paths) {
      const at = matter ? { conversation: '', matter, newIn: '' } : this.#place;
      try {
        const added = await api.addDocument(path, at);
        if (!matter && !at.conversation) await chat.settle(added.conversation);
      } catch (reason) {
        chat.fault = toFault(reason);
      }
      await Promise.all([this.load(), this.loadMatter(this.#inDialog)]);
    }
  };

  async loadMatter(matter: string): Promise<void> {
    this.#inDialog = matter;
    this.matter = matter ? await api.documents({ conversation: '', matter, newIn: '' }) : [];
  }

  dropped = (paths: string[]): void => {
    if (this.allowed) void this.add(paths);
  };

  cancel = (id: string): void => void api.cancelDocument(id).catch(() => undefined);

  use(id: string, used: boolean): void {
    const next = new Set(this.used);
    if (used) next.add(id);
    else next.delete(id);
    this.used = next;
  }

  async remove(id: string): Promise<Fault | null> {
    let fault: Fault | null = null;
    try {
      await api.erase({ documents: [id] });
    } catch (reason) {
      fault = chat.fault = toFault(reason);
    }
    if (this.page.value?.document.id === id) this.shut();
    await Promise.all([this.load(), this.loadMatter(this.#inDialog)]);
    return fault;
  }

  /** Shows a passage on its page; the focus comes back to where it is now. */
  async show(document: string, { page, start, end }: PageSpot): Promise<void> {
    if (!this.open) this.#from = globalThis.document.activeElement as HTMLElement | null;
    this.open = true;
    this.picture.wipe();
    this.at = { document, page, start, end };
    await this.page.ask(() => api.documentPage(document, page, start, end));
  }

  draw = (at: PageSpot & { document: string }, width: number): Promise<boolean> =>
    this.picture.ask(() => api.documentPicture(at.document, at, width));

  turn(by: number): void {
    const page = this.page.value;
    const next = (page?.number ?? 0) + by;
    if (page && next >= 1 && next <= page.document.pages)
      void this.show(page.document.id, { page: next, start: 0, end: 0 });
  }

  shut(): void {
    this.#close();
    const from = this.#from;
    this.#from = null;
    void tick().then(() => from?.focus()); // what was covered takes no focus
  }

  #close(): void {
    this.open = false;
    this.at = null;
    this.page.wipe();
    this.picture.wipe();
  }

  /** What a source is called; '' for one that was removed. */
  name = (id: string): string => this.list.find((d) => d.id === id)?.name ?? '';

  wipe(): void {
    this.#load++;
    this.list = this.matter = [];
    this.used = new Set();
    this.#close();
    this.#from = null;
    this.#inDialog = '';
  }
}

export const documents = new Documents();
