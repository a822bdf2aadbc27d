// Light or dark, as data-theme on <html>. The choice is kept by the program, never by the page.
import * as api from '../api/bridge';
import type { Theme } from '../api/types';

class ThemeChoice {
  choice = $state<Theme>('system');
  #system = matchMedia('(prefers-color-scheme: dark)');

  constructor() {
    this.#system.addEventListener('change', () => this.#show());
    this.#show();
  }

  async load(): Promise<void> {
    try {
      this.choice = (await api.preferences()).theme;
    } catch {
      this.choice = 'system'; // before unlocking there is nothing to read
    }
    this.#show();
  }

  async choose(theme: Theme): Promise<void> {
    this.choice = theme;
    this.#show();
    await api.setPreferences({ theme });
  }

  #show(): void {
    const system = this.#system.matches ? 'dark' : 'light';
    document.documentElement.dataset.theme = this.choice === 'system' ? system : this.choice;
  }
}

export const theme = new ThemeChoice();
