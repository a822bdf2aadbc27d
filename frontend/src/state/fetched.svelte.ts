// Something that the program is asked for when a view opens: the answer, or why there is none.
import { toFault } from '../api/fault';
import type { Fault } from '../api/types';

export class Fetched<T> {
  value = $state.raw<T | null>(null);
  fault = $state.raw<Fault | null>(null);
  busy = $state(false);
  #asked = 0;

  /** Asks, keeps the answer, and tells whether there is one. An answer that a later question overtook is dropped. */
  async ask(question: () => Promise<T>): Promise<boolean> {
    const asked = ++this.#asked;
    this.busy = true;
    this.fault = null;
    try {
      const value = await question();
      if (asked === this.#asked) this.value = value;
      return asked === this.#asked;
    } catch (reason) {
      if (asked === this.#asked) this.fault = toFault(reason);
      return false;
    } finally {
      if (asked === this.#asked) this.busy = false;
    }
  }

  wipe(): void {
    this.#asked++;
    this.value = null;
    this.fault = null;
    this.busy = false;
  }
}
