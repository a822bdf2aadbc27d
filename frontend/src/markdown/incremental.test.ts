import { describe, expect, it, vi } from 'vitest';
import { IncrementalMarkdown, renderWhole, type Block } from './incremental';

// Without sanitising, which works on one block at a time and is slow in jsdom: these are thousands of blocks.
vi.mock('./render', async (original) => {
  const real = await original<typeof import('./render')>();
  return { ...real, renderToken: real.tokenHtml };
});

const documents: Record<string, string> = {
  prose:
    'One line.\nAnd its next.\n\nA second *paragraph* with `code` and **bold\nover lines**.\n\n---\nEnd\n',
  headings: '# A\ntext\n## B\n\n###### C\n#\n#x\nlast\n===\nmore\n---\n',
  lists:
    '- a\n- b\n\n- loose\n   1. in\n   2. in\n\n      text\n\nafter\n1) x\n2) y\n- [ ] t\n- [x] d\n\n    indented\nend',
  table: 'before\na | b\n|:--|--:|\n| 1 | 2 |\n| x<br>y | `|` |\n\n| h |\n|---|\nafter **x**\n\nlast',
  fences:
    'x\n```js\nlet a = "[EMAIL]";\n\n# no heading\n```\n\n~~~\n``` \n~~~\ny\n\n````md\n```\n````\nz\n```\nopen',
  html: 'a <b>bold</b>\n<div onclick="x()">\n\nb\n<!-- c\n\nd -->\n<script>\nalert(1)\n\n</script>\ne <img src=x>\n\nf',
  quotes: '> one\ntwo\n> - three\n\n> four\n>\n> five\n```\ncode\n```\n> six',
  links:
    '[a](https://x.y) <https://z.w> https://auto.link\n\n[ref]\n\n[ref]: https://later.example\n\n![i](j.png)\n',
  code: '    four\n    spaces\n\n    still\nout\n\tTab\n\n\n\ttab\n\na\n    b\n',
  crlf: '# A\r\n\r\n- b\r\n- c\r\n\r\n```\r\nd\r\n```\r\n\r\n| e | f |\r\n|---|---|\r\n| g | h |\r\n\r\ri\rj\r\n',
  masks: 'Write to [EMAIL].\n\n1. [SSN]\n2. [CARD]\n\n[IBAN](x)\n\n`[EMAIL]`\n\n```\n[SSN]\n```\n',
};

const html = (blocks: { html: string }[]) => blocks.map((b) => b.html);

function stream(text: string, cuts: number[]): string[] {
  const markdown = new IncrementalMarkdown();
  for (const cut of cuts) markdown.update(text.slice(0, cut));
  return html(markdown.update(text, true));
}

// A small generator, seeded: the same documents on every run.
function random(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * n);
  };
}

const scraps = [
  ...[
    'a',
    'word ',
    '\n',
    '\n',
    '\n\n',
    '    ',
    '\t',
    '- ',
    '* ',
    '1. ',
    '2) ',
    '# ',
    '#',
    '```',
    '```js\n',
    '~~~',
    '> ',
  ],
  ...[
    '|',
    '| a | b |\n',
    '|---|---|\n',
    '---\n',
    '===\n',
    '***',
    '**',
    '`',
    '<div>',
    '</div>',
    '<!--',
    '-->',
    '<br>',
  ],
  ...[
    '\r\n',
    '\r',
    '[EMAIL]',
    '[x]: y\n',
    '[x]',
    '\\',
    '&amp;',
    '  ',
    ' ',
    '+ ',
    '- [ ] ',
    '<script>\n',
    '_',
    '~~',
    '10. ',
  ],
];

/** Without the colours of code: a line that is still being written has none yet. */
const uncoloured = (blocks: Block[]): string =>
  html(blocks)
    .join('')
    .replace(/<\/?span( class="hljs-[^"]*")?>/g, '');

describe('an answer rendered as it streams', () => {
  for (const [name, text] of Object.entries(documents)) {
    it(`looks like the whole at every split: ${name}`, () => {
      const whole = html(renderWhole(text));
      for (let i = 0; i <= text.length; i++) expect(stream(text, [i]), `cut at ${i}`).toEqual(whole);
    });

    it(`looks like the whole so far at every character: ${name}`, () => {
      const markdown = new IncrementalMarkdown();
      for (let i = 1; i <= text.length; i++) {
        const part = text.slice(0, i);
        expect(uncoloured(markdown.update(part, false)), `after ${i}`).toEqual(uncoloured(renderWhole(part)));
      }
    });
  }

  it('looks like the whole for made-up documents and splits', () => {
    const pick = random(7);
    for (let round = 0; round < 400; round++) {
      const text = Array.from({ length: 4 + pick(30) }, () => scraps[pick(scraps.length)]).join('');
      const cuts = Array.from({ length: 1 + pick(12) }, () => pick(text.length + 1)).sort((a, b) => a - b);
      expect(stream(text, cuts), JSON.stringify({ text, cuts })).toEqual(html(renderWhole(text)));
    }
  });

  it('colours the complete lines of code that is still written, and the rest when it is', () => {
    const markdown = new IncrementalMarkdown();
    const growing = html(markdown.update('```js\nlet a = 1\nlet b = 2'))[0];
    expect(growing).toContain(
      '<span class="hljs-keyword">let</span> a = <span class="hljs-number">1</span>\nlet b = 2',
    );
    const text = '```js\nlet a = 1\nlet b = 2\n```\n\nAnd so on.\n\nAnd on.';
    expect(html(markdown.update(text))).toEqual(html(renderWhole(text)));
  });

  it('keeps closed blocks as they are', () => {
    const markdown = new IncrementalMarkdown();
    const text = 'first\n\nsecond\n\nthird\n\nfourth';
    const [first] = markdown.update(text);
    const later = markdown.update(`${text}\n\nfifth\n\nsixth`);
    expect(later[0]).toBe(first);
    expect(later).toHaveLength(6);
  });

  it('starts over when the text is another one', () => {
    const markdown = new IncrementalMarkdown();
    markdown.update('one\n\ntwo\n\nthree\n\nfour');
    expect(html(markdown.update('other', true))).toEqual(html(renderWhole('other')));
  });
});
