import { describe, expect, it } from 'vitest';
import { cites } from './cites';
import { renderWhole, IncrementalMarkdown } from './incremental';

const known = new Set([1, 2, 12]);
const numbers = (text: string) => cites(text, known).map((c) => c.number);

describe('the numbers of sources', () => {
  it.each([
    ['It is so [1].', [0, 1, 0]],
    ['[1][2]', [1, 2]],
    ['Both [1, 2] say so', [0, 1, 0, 2, 0]],
    ['[3] is unknown, and so is [0]', [0]],
    ['[1, 3] half known', [0, 1, 0]],
    ['[12]', [12]],
    ['a[1]', [0, 1]],
    ['[SSN_1] and [1a] and 1', [0]],
    ['', []],
  ])('%s', (text, want) => {
    expect(numbers(text)).toEqual(want);
    expect(
      cites(text, known)
        .map((c) => c.text)
        .join(''),
    ).toBe(text);
  });

  it('are buttons in an answer, and text in code and where they lead nowhere', () => {
    const html = (text: string) =>
      new IncrementalMarkdown(known)
        .update(text, true)
        .map((b) => b.html)
        .join('');
    expect(html('**So** [1].')).toMatch(
      /<button type="button" class="cite" data-source="1" aria-label="Show source 1">\[1\]</,
    );
    expect(html('`a[1]` and [7]')).not.toMatch(/button/);
    expect(html('```\na[1]\n```')).not.toMatch(/class="cite"/);
    expect(html('| a |\n|---|\n| b [2] |\n')).toMatch(/data-source="2"/);
    expect(
      renderWhole('So [1].')
        .map((b) => b.html)
        .join(''),
    ).not.toMatch(/button/);
  });
});
