// House rules that a compiler does not hold.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((f) => /\.(svelte|ts)$/.test(f) && !/\.test\.ts$/.test(f))
  .map((f) => ({ path: f, text: readFileSync(join('src', f), 'utf8') }));

const shipped = files.filter((f) => !f.path.startsWith('dev/'));
const where = (set: typeof files, pattern: RegExp) =>
  set.filter((f) => pattern.test(f.text)).map((f) => f.path);

describe('the source', () => {
  it('is being read', () => expect(shipped.length).toBeGreaterThan(30));

  it('imports the generated bindings in api/ alone', () => {
    expect(where(files, /wailsjs/)).toEqual(['api/bridge-admin.ts', 'api/bridge.ts']);
  });

  it('reaches the bridge through state/ alone', () => {
    const callers = where(shipped, /from '[./]*api\/(bridge|bridge-admin|fault|decode)'/);
    expect(callers.filter((p) => !p.startsWith('state/'))).toEqual([]);
    expect(callers.length).toBeGreaterThan(0);
  });

  it('keeps state/ and api/ free of components', () => {
    const low = files.filter((f) => /^(api|state|markdown)\//.test(f.path));
    expect(where(low, /\.svelte'|from '\.\.\/(components|views)/)).toEqual(
      where(low, /from '\.\/\w+\.svelte'/), // .svelte.ts modules beside them
    );
  });

  it('stores nothing in the browser and fetches nothing', () => {
    const banned =
      /\b(localStorage|sessionStorage|indexedDB|caches\.|document\.cookie|fetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|ClipboardSetText|clipboard\.write)/;
    expect(where(files, banned)).toEqual([]);
    // Asked for to show that there is none, and for nothing else.
    expect(where(files, /BrowserOpenURL/)).toEqual(['api/bridge.ts']);
    expect(where(files, /openInBrowser/)).toEqual(['api/bridge.ts', 'lockdown/prove.ts', 'state/proof.ts']);
  });

  it('evaluates nothing and writes no style attribute', () => {
    expect(where(shipped, /\beval\(|new Function\(|\sstyle="|setAttribute\('style'/)).toEqual([]);
  });

  it('writes raw HTML in one place', () => {
    expect(where(shipped, /\{@html/)).toEqual(['components/Markdown.svelte']);
  });

  it('keeps components under 150 lines', () => {
    const long = shipped.filter((f) => f.path.endsWith('.svelte') && f.text.split('\n').length >= 150);
    expect(long.map((f) => `${f.path}: ${f.text.split('\n').length}`)).toEqual([]);
  });

  it('loads nothing from elsewhere', () => {
    const css = readdirSync('src/styles').filter((f) => f.endsWith('.css'));
    for (const f of css)
      expect(readFileSync(join('src/styles', f), 'utf8')).not.toMatch(/url\(|@import|https?:/);
    expect(readFileSync('index.html', 'utf8')).not.toMatch(/https?:|<style| style=|<script>/);
  });
});
