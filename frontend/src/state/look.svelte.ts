// How the window looks, and which language it speaks. The choice is kept by the program, never by the page: before
// unlocking there is nothing to read, and the system's holds.
import * as api from '../api/bridge';
import type { Preferences } from '../api/types';
import { language, ofSystem } from '../strings';

const ofTheSystem: Preferences = { theme: 'system', language: 'system' };

class Look {
  choice = $state.raw<Preferences>(ofTheSystem);
  #dark = matchMedia('(prefers-color-scheme: dark)');

  constructor() {
    this.#dark.addEventListener('change', () => this.#show());
    this.#show();
  }

  async load(): Promise<void> {
    try {
      this.choice = await api.preferences();
    } catch {
      this.choice = ofTheSystem;
    }
    this.#show();
  }

  async choose(change: Partial<Preferences>): Promise<void> {
    this.choice = { ...this.choice, ...change };
    this.#show();
    await api.setPreferences(this.choice);
  }

  /** The choice is in the sealed history: locked, the page knows it no more. */
  wipe(): void {
    this.choice = ofTheSystem;
    this.#show();
  }

  #show(): void {
    const { theme, language: spoken } = this.choice;
    const system = this.#dark.matches ? 'dark' : 'light';
    document.documentElement.dataset.theme = theme === 'system' ? system : theme;
    language.show(spoken === 'system' ? ofSystem(navigator.languages) : spoken);
  }
}

export const look = new Look();
