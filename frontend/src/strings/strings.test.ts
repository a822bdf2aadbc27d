// The catalogues say the same things, of the same facts; and what can go wrong has words in each.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { de } from './de';
import { faults } from './de-faults';
import { evidence, kinds, probes, settings } from './de-program';
import { en } from './en';
import { ofSystem } from './language.svelte';

type Say = (...facts: unknown[]) => string;

/** Every string and every sentence of a catalogue, by its path. */
function leaves(value: unknown, path = ''): [string, string | Say][] {
  if (typeof value === 'string' || typeof value === 'function') return [[path, value as string | Say]];
  return Object.entries(value as object).flatMap(([key, v]) => leaves(v, path ? `${path}.${key}` : key));
}

// Where the program's own words are not the language's: English needs none of these.
const own = (path: string) =>
  /^(faults|posture\.names|posture\.said|kinds|policySettings|probes)\./.test(path);
const of = (catalogue: unknown) => new Map(leaves(catalogue).filter(([path]) => !own(path)));
const english = of(en);
const german = of(de);
const sentences = [...english].filter((row): row is [string, Say] => typeof row[1] === 'function');

/** Which of its facts stand in a sentence: given as words, or as numbers where it needs these. */
function told(say: Say): number[] {
  const heard = (facts: unknown[]): string => {
    try {
      return say(...facts);
    } catch {
      return ''; // it needs numbers
    }
  };
  const all = Array.from({ length: say.length }, (_, i) => i);
  return all.filter(
    (i) =>
      heard(all.map((n) => (n === i ? '\u2460' : '\u2461'))).includes('\u2460') ||
      heard(all.map((n) => (n === i ? 7 : 3))).includes('7'),
  );
}

describe('the German catalogue', () => {
  it('has the keys of the English one', () => {
    expect(english.size).toBeGreaterThan(400);
    expect([...german.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it.each(sentences)('tells the same facts in %s', (path, say) => {
    const other = german.get(path) as Say;
    expect(typeof other).toBe('function');
    expect(other.length).toBe(say.length);
    expect(told(other)).toEqual(told(say));
  });

  it('leaves nothing untranslated but what is the same in both', () => {
    const same = [...english].filter(([path, v]) => typeof v === 'string' && v === german.get(path));
    expect(same.map(([path]) => path.replace(/^empty\.examples\.\d$/, 'examples')).sort()).toEqual(
      [
        ...['app.name', 'chat.model', 'examples', 'examples', 'examples', 'examples'],
        ...['evidence.with', 'policy.hash', 'policy.name', 'settings.languages.de', 'settings.languages.en'],
        ...['settings.modelName', 'settings.version', 'setup.passphrase', 'locked.passphrase'],
        ...['status.offline', 'take.format', 'take.formats.md', 'take.formats.pdf', 'take.formats.docx'],
        ...['templates.name', 'templates.text'],
      ].sort(),
    );
  });
});

describe('what can go wrong', () => {
  const source = readFileSync('../internal/fault/catalogue.go', 'utf8');
  const codes = [...source.matchAll(/ Code = "(\w+)"/g)].map((m) => m[1]!);

  it('has a sentence and a next step in German, for every code and no other', () => {
    expect(codes.length).toBeGreaterThan(50);
    expect(Object.keys(faults).sort()).toEqual([...codes].sort());
    for (const [code, words] of Object.entries(faults))
      for (const sentence of words) expect(sentence, code).toMatch(/^.{15,}\.$/);
  });
});

describe('the words of the program', () => {
  const sourceOf = (...files: string[]) =>
    files.map((f) => readFileSync(`../internal/${f}`, 'utf8')).join('\n');
  const all = (source: string, pattern: RegExp) => [...source.matchAll(pattern)].map((m) => m[1]!);

  it('are there for every kind of value that a rule finds, and no other', () => {
    const table = readFileSync('../docs/redaction.md', 'utf8'); // the program's own, by a test of internal/redact
    const found = all(table, /^\| `([A-Z0-9_]+)` \| [^|]+ \| `\[/gm);
    expect(found.length).toBeGreaterThan(100);
    expect(Object.keys(kinds).sort()).toEqual([...found].sort());
  });

  it('are there for every setting of the policy, and no other', () => {
    interface Schema {
      properties?: Record<string, Schema>;
      items?: Schema;
    }
    const paths = (of: Schema, at: string): string[] =>
      Object.entries(of.properties ?? {}).flatMap(([key, s]) => {
        const path = at ? `${at}.${key}` : key;
        return [path, ...paths(s, path), ...paths(s.items ?? {}, `${path}[]`)];
      });
    const found = paths(JSON.parse(readFileSync('../docs/policy.schema.json', 'utf8')) as Schema, '');
    expect(found.length).toBeGreaterThan(60);
    expect(Object.keys(settings).sort()).toEqual([...found].sort());
  });

  it('are there for every sentence of evidence, and no other, and tell its facts', () => {
    const found = all(sourceOf('session/said.go'), /^\t"([a-z-]+)": +"/gm);
    expect(found.length).toBeGreaterThan(50);
    expect(Object.keys(evidence).sort()).toEqual([...found].sort());
    for (const [, id, words] of sourceOf('session/said.go').matchAll(/^\t"([a-z-]+)": +"(.*)",$/gm)) {
      const n = words!.match(/\{\d\}/g)?.length ?? 0;
      const facts = ['\u2460', '\u2461', '\u2462', '\u2463'].slice(0, n);
      const said = evidence[id!]!(...facts);
      expect(evidence[id!]!.length, id).toBe(n);
      for (const fact of facts) expect(said, id).toContain(fact);
    }
  });

  it('are there for every way out that is tried, and no other', () => {
    const found = all(sourceOf('lockdown/probe_linux.go'), /^\t\{name: "([^"]+)"/gm);
    expect(found.length).toBeGreaterThan(10);
    expect(Object.keys(probes).sort()).toEqual([...found].sort());
  });
});

it('takes the first language of the system that it knows', () => {
  expect(ofSystem(['fr-FR', 'de-AT', 'en'])).toBe('de');
  expect(ofSystem(['en-GB', 'de'])).toBe('en');
  expect(ofSystem(['fr'])).toBe('en');
  expect(ofSystem([])).toBe('en');
});
