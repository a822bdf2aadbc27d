// Prompts to begin with: built in, from IT, and the user's own.
import * as api from '../api/bridge';
import { toFault } from '../api/fault';
import type { Fault, Template } from '../api/types';
import { t } from '../strings';

class Templates {
  kept = $state.raw<Template[]>([]); // IT's and the user's own
  fault = $state.raw<Fault | null>(null);

  all = $derived([...this.kept, ...t.templates.list.map((b) => ({ ...b, own: false }))]);

  async load(): Promise<void> {
    try {
      this.kept = await api.templates();
    } catch (reason) {
      this.fault = toFault(reason);
    }
  }

  /** Keeps one; an empty text removes it. */
  async keep(name: string, text: string): Promise<boolean> {
    this.fault = null;
    try {
      await api.setTemplate(name, text);
    } catch (reason) {
      this.fault = toFault(reason);
      return false;
    }
    await this.load();
    return true;
  }

  /** Those whose name has what stands after the slash. */
  matching(typed: string): Template[] {
    const word = typed.slice(1).trim().toLowerCase();
    return this.all.filter((x) => x.name.toLowerCase().includes(word));
  }

  wipe(): void {
    this.kept = [];
    this.fault = null;
  }
}

export const templates = new Templates();
