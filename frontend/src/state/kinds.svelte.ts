// What the rules look for, and the labels that they leave behind.
import * as api from '../api/bridge';
import { know } from '../markdown/masks';
import { t } from '../strings';

class Kinds {
  #names = $state.raw<Record<string, string>>({});

  async load(): Promise<void> {
    try {
      const all = await api.kinds();
      this.#names = Object.fromEntries(all.map((k) => [k.type, k.description]));
      know(all.map((k) => [k.label, () => this.name(k.type)]));
    } catch {
      // chips then know the commonest labels alone
    }
  }

  /** A type in words. */
  name = (type: string): string => t.kinds[type] ?? this.#names[type] ?? type;
}

export const kinds = new Kinds();
