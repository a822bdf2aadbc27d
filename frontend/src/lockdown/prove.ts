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
export async function proveNoWayOut(canary = '192.0.2.1:80'): Promise<WayOut[]> {
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
  const { ways, leaving } = waysOut(canary, place);
  const found: WayOut[] = [];
  for (const [name, way] of Object.entries(ways)) found.push(await attempt(name, way, 'unseen'));
  for (const [name, way] of Object.entries(leaving)) found.push(await attempt(name, way, 'stayed'));
  place.remove();
  return found;
}

async function attempt(name: string, way: Try, otherwise: 'unseen' | 'stayed'): Promise<WayOut> {
  const stop = new AbortController();
  const policy = new Promise<WayOut>((tell) => {
    const heard = (e: SecurityPolicyViolationEvent): void =>
      tell({ name, verdict: 'refused', by: e.effectiveDirective });
    document.addEventListener('securitypolicyviolation', heard, { signal: stop.signal });
  });
  const outcome = (async (): Promise<WayOut> => {
    try {
      if ((await way()) === true) return { name, verdict: 'open', by: '' };
    } catch (reason) {
      await pause(20); // for the policy to say that it was the reason
      return { name, verdict: 'refused', by: reason instanceof Error ? reason.name : 'an error' };
    }
    return new Promise<never>(() => undefined);
  })();
  const silent = pause(100).then((): WayOut => ({ name, verdict: otherwise, by: '' }));
  try {
    return await Promise.race([policy, outcome, silent]);
  } finally {
    stop.abort();
  }
}
