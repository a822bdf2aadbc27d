// Locked, ready or failed, and the facts of the status strip. Leaving "ready" wipes what the page holds.
import * as api from '../api/bridge';
import { toFault } from '../api/fault';
import type { AppState, Fault, PassphraseUse, Phase, Status, Strength } from '../api/types';
import { admin } from './admin.svelte';
import { chat } from './chat.svelte';
import { documents } from './documents.svelte';
import * as drafts from './drafts';
import { kinds } from './kinds.svelte';
import { library } from './library.svelte';
import { look } from './look.svelte';
import { palette } from './palette.svelte';
import { record } from './record.svelte';
import { takeAlong } from './takealong.svelte';
import { templates } from './templates.svelte';
import { ui } from './ui.svelte';

class Session {
  phase = $state<Phase | 'starting'>('starting');
  fault = $state.raw<Fault | null>(null);
  passphrase = $state<PassphraseUse>('required');
  status = $state.raw<Status | null>(null);

  /** Subscribes first and asks then, so that no change falls between; returns what ends the subscriptions. */
  start(): () => void {
    const offs = [
      api.onState((s) => this.#enter(s)),
      api.onLocking(() => void drafts.flush().finally(api.draftsKept)),
      api.onStatus((s) => (s ? this.#show(s) : void this.#readStatus())),
      api.onConversations(() => void (this.phase === 'ready' && library.reload())),
      admin.listen(),
      api.onDocument((d) => void (this.phase === 'ready' && documents.take(d))),
      api.onDrop((paths) => void (this.phase === 'ready' && documents.dropped(paths))),
      api.onTurn((event) => void (this.phase === 'ready' && chat.take(event))),
    ];
    void this.refresh();
    return () => offs.forEach((off) => off());
  }

  async refresh(): Promise<void> {
    try {
      this.#enter(await api.state());
    } catch (reason) {
      this.#enter({ phase: 'failed', fault: toFault(reason), passphrase: 'required' });
    }
  }

  setup = (passphrase: string): Promise<Fault | null> => this.#attempt(() => api.setup(passphrase));
  setupKeyringOnly = (): Promise<Fault | null> => this.#attempt(api.setupKeyringOnly);
  unlock = (passphrase: string): Promise<Fault | null> => this.#attempt(() => api.unlock(passphrase));

  /** How hard the passphrase is to guess; null where no answer comes. */
  async strength(passphrase: string): Promise<Strength | null> {
    try {
      return await api.strength(passphrase);
    } catch {
      return null;
    }
  }

  async #attempt(what: () => Promise<void>): Promise<Fault | null> {
    try {
      await what();
    } catch (reason) {
      return toFault(reason);
    }
    await this.refresh();
    return null;
  }

  /** The page forgets at once; the program follows. */
  async lock(): Promise<void> {
    this.#wipe();
    try {
      await drafts.flush();
      await api.lock();
    } catch (reason) {
      chat.fault = toFault(reason);
      await library.reload();
    }
    await this.refresh();
  }

  #enter({ phase, fault, passphrase }: AppState): void {
    const before = this.phase;
    this.phase = phase;
    this.passphrase = passphrase;
    this.fault = fault;
    if (phase !== 'ready') this.#wipe();
    if (phase === before) return;
    void this.#readStatus();
    if (phase === 'ready') {
      void look.load();
      void kinds.load();
      void templates.load();
      void library.reload();
      chat.begin();
    }
  }

  #show(status: Status): void {
    this.status = status;
    documents.may = status.documents;
  }

  async #readStatus(): Promise<void> {
    try {
      this.#show(await api.status());
    } catch {
      this.status = null; // a program that is not ready may have nothing to say yet
    }
  }

  #wipe(): void {
    chat.wipe();
    documents.wipe();
    library.wipe();
    admin.wipe();
    record.wipe();
    takeAlong.wipe();
    palette.wipe();
    templates.wipe();
    ui.wipe();
    look.wipe();
  }
}

export const session = new Session();
