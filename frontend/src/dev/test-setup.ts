import '@testing-library/jest-dom/vitest';
import { configure } from '@testing-library/svelte';
import { vi } from 'vitest';

configure({ asyncUtilTimeout: 15_000 }); // a busy machine is slow, not wrong

// What index.html gives the real page.
document.documentElement.lang = 'en';
document.title = 'Subrosa';

// What jsdom lacks and the window uses.
HTMLDialogElement.prototype.showModal = function () {
  this.open = true;
};
HTMLDialogElement.prototype.close = function () {
  if (!this.open) return;
  this.open = false;
  this.dispatchEvent(new Event('close'));
};
globalThis.ResizeObserver = class {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
};
window.matchMedia = vi.fn(
  (media: string) => ({ media, matches: false, addEventListener() {}, removeEventListener() {} }) as never,
);
Element.prototype.scrollIntoView = function () {};
document.execCommand = () => true;

// jsdom's files cannot be read as a browser's can.
File.prototype.text ??= function (this: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error('unreadable'));
    reader.readAsText(this);
  });
};
