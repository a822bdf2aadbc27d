// Somebody is there: the program locks when nobody touched the window for a while, and its clock is its own.
import { activity } from '../api/bridge';

const SIGNS = ['keydown', 'pointerdown', 'pointermove', 'wheel'] as const;
const EVERY = 5000; // ms between two reports, at least

/** Reports keys and pointer until the returned function is called. */
export function reportActivity(now: () => number = Date.now): () => void {
  let last = -Infinity;
  const report = (): void => {
    if (now() - last < EVERY) return;
    last = now();
    activity();
  };
  for (const sign of SIGNS) window.addEventListener(sign, report, { capture: true, passive: true });
  return () => {
    for (const sign of SIGNS) window.removeEventListener(sign, report, { capture: true });
  };
}
