// Markdown as the window shows it. HTML in an answer is text, never markup; links and images are shown as words with
// their address, and lead nowhere. Setext headings, link definitions and reference links are off: each of them lets
// a later line change what an earlier one looked like, which would make a streamed answer jump.
import { Marked, type Token, type TokensList } from 'marked';
import { t } from '../strings';
import { escape, highlight } from './highlight';
import { cite } from './cites';
import { chip } from './masks';
import { sanitise } from './sanitise';

const build = (closed: boolean): Marked =>
  new Marked({
    gfm: true,
    tokenizer: {
      html: () => undefined,
      tag: () => undefined,
      def: () => undefined,
      lheading: () => undefined,
      reflink: () => undefined,
    },
    extensions: [
      {
        name: 'lineBreak', // models write <br> inside table cells
        level: 'inline',
        start: (src: string) => src.search(/<br\s*\/?>/i),
        tokenizer(src: string) {
          const match = /^<br\s*\/?>/i.exec(src);
          return match ? { type: 'br', raw: match[0] } : undefined;
        },
      },
    ],
    renderer: {
      code({ text, lang }) {
        const language = (lang ?? '').trim().split(/\s/)[0] ?? '';
        return (
          `<div class="code"><div class="code-head"><span class="code-lang">${escape(language || t.chat.code)}</span></div>` +
          `<pre><code>${highlight(text, language.toLowerCase(), closed)}</code></pre></div>`
        );
      },
      link({ href, tokens, text }) {
        const words = this.parser.parseInline(tokens);
        const shown = href === text || href === `mailto:${text}` || href === `http://${text}`;
        return `<span class="link">${words}${shown ? '' : ` <span class="link-url">${escape(href)}</span>`}</span>`;
      },
      image({ href, text }) {
        return `<span class="link">${escape(text || t.chat.image)} <span class="link-url">${escape(href)}</span></span>`;
      },
      table(token) {
        const cell = (tag: string, c: (typeof token.header)[number]) =>
          `<${tag}${c.align ? ` class="align-${c.align}"` : ''}>${this.parser.parseInline(c.tokens)}</${tag}>`;
        const head = token.header.map((c) => cell('th', c)).join('');
        const rows = token.rows.map((row) => `<tr>${row.map((c) => cell('td', c)).join('')}</tr>`).join('');
        return `<div class="table"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;
      },
      html: ({ text }) => escape(text),
    },
  });

const whole = build(true);
const growing = build(false); // a block that is still being written is highlighted only while that is cheap

export const lex = (source: string): TokensList => whole.lexer(source);

/** HTML of one top-level block, not yet sanitised: for renderToken and for tests. */
export const tokenHtml = (token: Token, isClosed: boolean): string =>
  (isClosed ? whole : growing).parser([token]);

/** Sanitised HTML of one top-level block; cited are the numbers that lead to a source. */
export function renderToken(token: Token, isClosed: boolean, cited: ReadonlySet<number> = new Set()): string {
  const fragment = sanitise(tokenHtml(token, isClosed));
  chip(fragment);
  if (cited.size) cite(fragment, cited);
  for (const head of fragment.querySelectorAll('.code-head')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy-code';
    button.textContent = t.chat.copyCode;
    head.append(button);
  }
  for (const code of fragment.querySelectorAll('pre, .table')) code.setAttribute('tabindex', '0');
  for (const box of fragment.querySelectorAll('input')) {
    box.setAttribute('aria-label', box.hasAttribute('checked') ? t.chat.ticked : t.chat.notTicked);
  }
  const holder = document.createElement('div');
  holder.append(fragment);
  return holder.innerHTML.trimEnd();
}
