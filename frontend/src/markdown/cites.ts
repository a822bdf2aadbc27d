// The numbers by which an answer cites the passages that it was given, as buttons.
import { t } from '../strings';

const numbers = /\[(\d{1,4}(?:\s*[,;]\s*\d{1,4})*)\]/g;

export interface Cite {
  text: string;
  number: number; // 0: plain text
}

/** Cuts text at the numbers that lead to a source. Unknown ones stay text. The pieces joined give the text again. */
export function cites(text: string, known: ReadonlySet<number>): Cite[] {
  const out: Cite[] = [];
  let plain = '';
  const put = (text: string, number: number) => {
    if (plain) out.push({ text: plain, number: 0 });
    plain = '';
    out.push({ text, number });
  };
  let from = 0;
  for (const match of text.matchAll(numbers)) {
    plain += text.slice(from, match.index);
    from = match.index + match[0].length;
    const list = (match[1] ?? '').split(/[,;]/).map(Number);
    if (list.length === 1 && known.has(list[0]!)) put(match[0], list[0]!);
    else if (!list.some((n) => known.has(n))) plain += match[0];
    else
      for (const piece of match[0].split(/(\d+)/)) {
        if (known.has(Number(piece)) && piece !== '') put(piece, Number(piece));
        else plain += piece;
      }
  }
  plain += text.slice(from);
  if (plain) out.push({ text: plain, number: 0 });
  return out;
}

/** Turns every number below root that leads to a source into a button, but for those in code. */
export function cite(root: DocumentFragment | Element, known: ReadonlySet<number>): void {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found: Text[] = [];
  while (walker.nextNode()) {
    const node = walker.currentNode as Text;
    if (!node.parentElement?.closest('code, pre') && cites(node.data, known).some((c) => c.number))
      found.push(node);
  }
  for (const node of found) {
    node.replaceWith(
      ...cites(node.data, known).map(({ text, number }) => {
        if (!number) return document.createTextNode(text);
        const button = document.createElement('button');
        button.type = 'button';
        button.className = 'cite';
        button.dataset.source = String(number);
        button.setAttribute('aria-label', t.documents.cite(number));
        button.textContent = text;
        return button;
      }),
    );
  }
}
