import '@testing-library/jest-dom/vitest';
import { vi } from 'vitest';

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
