// How the window looks, and which language it speaks. The choice is kept by the program, never by the page: before
// unlocking there is nothing to read, and the system's holds.
import * as api from '../api/bridge';
import { textSizes, type Preferences } from '../api/types';
import { language, ofSystem } from '../strings';

const ofTheSystem: Preferences = { theme: 'system', language: 'system', text: '100' };

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

  /** Makes the text so many steps larger, or of the usual size: 0. Locked, that is for as long as the window is open. */
  async resize(steps: -1 | 0 | 1, keep: boolean): Promise<void> {
    const at = textSizes.indexOf(this.choice.text) + steps;
    const text = steps === 0 ? ofTheSystem.text : textSizes[at];
    if (!text) return;
    if (keep) return this.choose({ text });
    this.choice = { ...this.choice, text };
    this.#show();
  }

  /** The choice is in the sealed history: locked, the page knows no more of it than that its text must be read. */
  wipe(): void {
    this.choice = { ...ofTheSystem, text: this.choice.text };
    this.#show();
  }

  #show(): void {
    const { theme, language: spoken, text } = this.choice;
    const system = this.#dark.matches ? 'dark' : 'light';
    document.documentElement.dataset.theme = theme === 'system' ? system : theme;
    document.documentElement.style.setProperty('--text', `${Number(text) / 100}`);
    language.show(spoken === 'system' ? ofSystem(navigator.languages) : spoken);
  }
}

export const look = new Look();
