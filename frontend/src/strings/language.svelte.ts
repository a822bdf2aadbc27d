// Which catalogue is shown. A change is seen at once by everything that reads t.
import { de } from './de';
import { en, type Strings } from './en';

export type Language = 'en' | 'de';

const catalogues: Record<Language, Strings> = { en, de };

/** The language of the system if there is a catalogue of it, else English. */
export const ofSystem = (tags: readonly string[]): Language => {
  for (const tag of tags) {
    const base = tag.slice(0, 2).toLowerCase();
    if (base === 'en' || base === 'de') return base;
  }
  return 'en';
};

let shown = $state<Language>('en');

export const language = {
  get shown(): Language {
    return shown;
  },
  /** The tag by which numbers and days are written: the system's own where it is of the language shown. */
  get tag(): string {
    return navigator.languages.find((l) => l.slice(0, 2) === shown) ?? shown;
  },
  show(next: Language): void {
    shown = next;
    document.documentElement.lang = next;
  },
};

/** The strings of the language shown. */
export const t: Strings = new Proxy(en, {
  get: (_, key) => catalogues[shown][key as keyof Strings],
});
