import { t } from '../strings';

export type MaskLabel = keyof typeof t.masks;

const pattern = /\[(EMAIL|SSN|CARD|IBAN)\]/g;

export type Piece = { text: string; mask: MaskLabel | null };

/** Cuts text at the labels that redaction leaves behind. The pieces joined give the text again. */
export function pieces(text: string): Piece[] {
  const out: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > from) out.push({ text: text.slice(from, match.index), mask: null });
    out.push({ text: match[0], mask: match[1] as MaskLabel });
    from = match.index + match[0].length;
  }
  if (from < text.length) out.push({ text: text.slice(from), mask: null });
  return out;
}

/** Turns every label below root into a chip that says which rule masked it. */
export function chip(root: DocumentFragment | Element): void {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found: Text[] = [];
  while (walker.nextNode()) {
    const node = walker.currentNode as Text;
    if (pieces(node.data).some((p) => p.mask)) found.push(node);
  }
  for (const node of found) {
    node.replaceWith(
      ...pieces(node.data).map(({ text, mask }) => {
        if (!mask) return document.createTextNode(text);
        const span = document.createElement('abbr');
        span.className = 'mask';
        span.title = t.masks[mask];
        span.textContent = text;
        return span;
      }),
    );
  }
}
