import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { proveNoWayOut, type WayOut } from './prove';
import { waysOut } from './ways.js';

const named = (found: WayOut[], name: string): WayOut | undefined => found.find((w) => w.name === name);

function violates(directive: string, blockedURI: string): void {
  document.dispatchEvent(
    Object.assign(new Event('securitypolicyviolation'), { effectiveDirective: directive, blockedURI }),
  );
}

describe('the ways out', () => {
  const soon = globalThis.setTimeout;
  beforeEach(() => {
    vi.stubGlobal('WebSocket', class extends EventTarget {});
    vi.stubGlobal('setTimeout', (then: () => void, ms: number) => soon(then, ms / 50)); // most of them are silent here
  });
  afterEach(() => vi.unstubAllGlobals());

  it('are all tried, say what refused them, and leave nothing in the page', async () => {
    vi.stubGlobal('fetch', (address: string) => {
      if (address.endsWith('/fetch')) violates('connect-src', address);
      return Promise.reject(new TypeError('Load failed'));
    });
    const before = document.body.innerHTML;
    const opened: string[] = [];
    const found = await proveNoWayOut((address) => void opened.push(address));
    expect(opened).toEqual(['http://192.0.2.1:80/browser']);
    const { ways, silent, leaving } = waysOut('x:1', document.createElement('div'));
    expect(found.map((w) => w.name)).toEqual([
      ...Object.keys(ways),
      ...Object.keys(silent),
      'browser',
      ...Object.keys(leaving),
    ]);
    expect(named(found, 'fetch')).toMatchObject({ verdict: 'refused', by: 'connect-src' });
    expect(named(found, 'dns')).toMatchObject({ verdict: 'refused', by: 'TypeError' });
    expect(named(found, 'webrtc')).toMatchObject({ verdict: 'refused', by: 'ReferenceError' });
    expect(named(found, 'dns-prefetch')).toMatchObject({ verdict: 'unseen' });
    expect(named(found, 'refresh')).toMatchObject({ verdict: 'stayed' });
    expect(document.body.innerHTML).toBe(before);
  }, 30_000);

  it('are open where one gets through', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response()));
    const found = await proveNoWayOut(() => undefined);
    expect(named(found, 'fetch')).toMatchObject({ verdict: 'open' });
  }, 30_000);
});
