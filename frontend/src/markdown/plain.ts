// An answer as plain words, for a field that shows no Markdown.
import { lex, tokenHtml } from './render';
import { sanitise } from './sanitise';

const breaks = new Set([
  'P',
  'DIV',
  'LI',
  'TR',
  'PRE',
  'H1',
  'H2',
  'H3',
  'H4',
  'H5',
  'H6',
  'BR',
  'BLOCKQUOTE',
]);

function words(node: Node): string {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent ?? '';
  if (!(node instanceof Element) && !(node instanceof DocumentFragment)) return '';
  if (node instanceof Element && node.matches('.code-head')) return '';
  const inner = [...node.childNodes].map(words).join('');
  if (!(node instanceof Element)) return inner;
  if (node.tagName === 'TD' || node.tagName === 'TH') return `${inner}\t`;
  if (node.tagName === 'LI')
    return `${node.parentElement?.tagName === 'OL' ? `${[...node.parentElement.children].indexOf(node) + 1}. ` : '- '}${inner.trim()}\n`;
  return breaks.has(node.tagName) ? `${inner.replace(/\n+$/, '')}\n` : inner;
}

export function plain(source: string): string {
  return lex(source)
    .map((token) =>
      words(sanitise(tokenHtml(token, true)))
        .replace(/\t\n/g, '\n')
        .trim(),
    )
    .filter((block) => block !== '')
    .join('\n\n');
}
