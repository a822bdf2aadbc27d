import { describe, expect, it } from 'vitest';
import { renderWhole } from './incremental';
import { sanitise } from './sanitise';

const page = (markdown: string): HTMLElement => {
  const root = document.createElement('div');
  root.innerHTML = renderWhole(markdown)
    .map((b) => b.html)
    .join('');
  return root;
};

const cleaned = (html: string): string => {
  const root = document.createElement('div');
  root.append(sanitise(html));
  return root.innerHTML;
};

const dangerous =
  'script, style, img, iframe, object, embed, form, svg, math, link, meta, base, a, audio, video, textarea, select';

const attacks = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<iframe src="https://example.org"></iframe>',
  '<a href="javascript:alert(1)">x</a>',
  '<form action="https://example.org"><input name=a><button>go</button></form>',
  '<p style="background:url(https://example.org)">x</p>',
  '<svg><script>alert(1)</script></svg>',
  '<math><mtext></p><img src=x onerror=alert(1)>',
  '<link rel=stylesheet href=https://example.org/x.css>',
  '<meta http-equiv=refresh content="0;url=https://example.org">',
  '[x](javascript:alert(1))',
  '![x](https://example.org/pixel.png)',
  '[x](https://example.org "onmouseover=alert(1)")',
  '<https://example.org>',
  '`<img src=x onerror=alert(1)>`',
  '```html"onload="x\n<img src=x onerror=alert(1)>\n```',
  '| <img src=x> |\n|---|\n| <script>x</script> |',
];

function harmless(root: ParentNode): void {
  expect(root.querySelector(dangerous)).toBeNull();
  for (const element of root.querySelectorAll('*')) {
    for (const { name } of element.attributes) {
      expect(name).not.toMatch(/^(on|style$|href$|src$|action$|srcset$|formaction$|xlink|id$|name$)/);
    }
  }
}

describe('an answer that tries something', () => {
  it.each(attacks)('is harmless as Markdown: %s', (attack) =>
    harmless(page(`text ${attack}\n\n${attack}\n\n- ${attack}`)),
  );

  it.each(attacks)('is harmless as HTML behind the second wall: %s', (attack) => {
    const root = document.createElement('div');
    root.innerHTML = cleaned(attack);
    harmless(root);
  });

  it('shows HTML as the text it is', () => {
    expect(page('a <b>b</b> <img src=x>').textContent).toBe('a <b>b</b> <img src=x>');
    expect(page('<script>\nalert(1)\n</script>').textContent).toContain('alert(1)');
  });

  it('keeps no input but a disabled checkbox', () => {
    expect(cleaned('<input type="text"><input type="checkbox">')).toBe('');
    expect(page('- [x] done').querySelector('input')?.disabled).toBe(true);
  });
});

describe('links and images', () => {
  it('are words with their address, and lead nowhere', () => {
    const root = page('[the guideline](https://example.org/g) and ![scan](scan.png)');
    expect(root.querySelector('a, img')).toBeNull();
    expect([...root.querySelectorAll('.link')].map((l) => l.textContent)).toEqual([
      'the guideline https://example.org/g',
      'scan scan.png',
    ]);
  });

  it('show an address once when it is its own text', () => {
    expect(page('https://example.org/x').textContent).toBe('https://example.org/x');
  });
});

describe('masked values', () => {
  it.each(['EMAIL', 'SSN', 'CARD', 'IBAN'])('are chips that name their rule: %s', (label) => {
    const chips = page(`x [${label}] y\n\n\`[${label}]\`\n\n\`\`\`\n[${label}]\n\`\`\``).querySelectorAll(
      '.mask',
    );
    expect([...chips].map((c) => c.textContent)).toEqual(Array(3).fill(`[${label}]`));
    for (const chip of chips) expect(chip).toHaveAttribute('title', expect.stringMatching(/^Masked: .+/));
  });

  it('leaves other brackets alone', () => {
    expect(page('[NAME] [email] EMAIL').querySelector('.mask')).toBeNull();
  });
});

describe('code', () => {
  it('is highlighted by class alone', () => {
    const root = page('```json\n{"a": 1}\n```');
    expect(root.querySelector('.hljs-attr')?.textContent).toBe('"a"');
    expect(root.querySelector('[style]')).toBeNull();
    expect(root.querySelector('button.copy-code')).toHaveTextContent('Copy code');
  });

  it('of a language that goes by another name is highlighted', () => {
    expect(page('```py\ndef a(): pass\n```').querySelector('.hljs-keyword')?.textContent).toBe('def');
  });

  it.each(['', 'klingon', 'constructor'])('of no language that is known, %j, is plain text', (language) => {
    expect(page(`\`\`\`${language}\n<b>\n\`\`\``).querySelector('code')?.innerHTML).toBe('&lt;b&gt;');
  });
});
