import { waysOut } from './ways.js';

/** How a way out ended: `stayed` is one that would have left the page. */
export interface WayOut {
  name: string;
  verdict: 'refused' | 'open' | 'unseen' | 'stayed';
  by: string; // what refused it: a directive of the content policy, or an error's name
}

type Try = () => unknown;

const pause = (ms: number): Promise<void> => new Promise((go) => setTimeout(go, ms));

/**
 * Tries every way out that a page has, one after the other so that each refusal is its own, in a place of the page that
 * nobody sees. Nobody is at the canary, an address for documentation (RFC 5737; a port that web views refuse by themselves would
 * show nothing): what is open would say so by an event or, for those that leave, by going.
 */
export async function proveNoWayOut(
  openInBrowser: (address: string) => void,
  canary = '192.0.2.1:80',
): Promise<WayOut[]> {
  const place = document.createElement('div');
  place.setAttribute('aria-hidden', 'true');
  Object.assign(place.style, {
    position: 'fixed',
    left: '-9999px',
    width: '9px',
    height: '9px',
    overflow: 'hidden',
  });
  place.addEventListener('click', (e) => e.stopPropagation()); // the page itself must not be what stops a link
  document.body.append(place);
  const { ways, silent, leaving } = waysOut(canary, place);
  const outside = { browser: () => openInBrowser(`http://${canary}/browser`), ...leaving };
  const found: WayOut[] = [];
  for (const [name, way] of Object.entries(ways)) found.push(await attempt(name, way, 'unseen', 5000));
  for (const [name, way] of Object.entries(silent)) found.push(await attempt(name, way, 'unseen', 100));
  for (const [name, way] of Object.entries(outside)) found.push(await attempt(name, way, 'stayed', 100));
  place.remove();
  return found;
}

/** Waits for what becomes of a way, `patience` milliseconds at most, and for the policy to say that it was the reason. */
async function attempt(
  name: string,
  way: Try,
  otherwise: 'unseen' | 'stayed',
  patience: number,
): Promise<WayOut> {
  const stop = new AbortController();
  const policy = new Promise<WayOut>((tell) => {
    const somewhere = /^(https?|ws):\/\/[^/]+\/./; // of a frame or an object only the origin is told
    const itself = new RegExp(`/${name}(?![\\w-])`);
    const heard = ({ blockedURI, effectiveDirective }: SecurityPolicyViolationEvent): void => {
      if (itself.test(blockedURI) || !somewhere.test(blockedURI)) {
        tell({ name, verdict: 'refused', by: effectiveDirective });
      }
    };
    document.addEventListener('securitypolicyviolation', heard, { signal: stop.signal });
  });
  const outcome = (async (): Promise<WayOut> => {
    try {
      if ((await way()) === true) return { name, verdict: 'open', by: '' };
    } catch (reason) {
      await pause(1000);
      return { name, verdict: 'refused', by: reason instanceof Error ? reason.name : 'an error' };
    }
    return new Promise<never>(() => undefined);
  })();
  const patient = pause(patience).then((): WayOut => ({ name, verdict: otherwise, by: '' }));
  try {
    return await Promise.race([policy, outcome, patient]);
  } finally {
    stop.abort();
  }
}
