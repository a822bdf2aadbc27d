// Conversations that are written down to be taken along.
import * as api from '../api/bridge-admin';
import type { ExportTerms, TakeAlong, Taken, TakenOne } from '../api/types';
import { Fetched } from './fetched.svelte';

/** A file's name that says nothing of what is in it. */
export const fileName = (now: Date): string => {
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `subrosa-${day}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
};

class TheTakeAlong {
  terms = new Fetched<ExportTerms>();
  taken = new Fetched<Taken>();
  several = new Fetched<TakenOne[]>();

  async open(): Promise<void> {
    this.taken.wipe();
    this.several.wipe();
    await this.terms.ask(api.exportTerms);
  }

  /** One to a file of that name, several to files that are numbered from it. */
  async write(ids: string[], how: Omit<TakeAlong, 'conversation'>): Promise<void> {
    const [conversation = '', ...others] = ids;
    if (others.length === 0) await this.taken.ask(() => api.exportConversation({ conversation, ...how }));
    else await this.several.ask(() => api.exportConversations(ids, { conversation: '', ...how }));
  }

  wipe(): void {
    this.terms.wipe();
    this.taken.wipe();
    this.several.wipe();
  }
}

export const takeAlong = new TheTakeAlong();
