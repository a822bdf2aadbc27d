// A conversation that is written down to be taken along.
import * as api from '../api/bridge-admin';
import type { ExportTerms, TakeAlong, Taken } from '../api/types';
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

  async open(): Promise<void> {
    this.taken.wipe();
    await this.terms.ask(api.exportTerms);
  }

  write = (what: TakeAlong) => this.taken.ask(() => api.exportConversation(what));

  wipe(): void {
    this.terms.wipe();
    this.taken.wipe();
  }
}

export const takeAlong = new TheTakeAlong();
