// The labels that redaction leaves behind, as chips.
import { t } from '../strings';

export type Piece = { text: string; mask: string | null }; // mask: what the rule looks for, in words

const pattern = /\[([A-Z][A-Z_]*[A-Z])(_\d+)?\]/g;
const known = new Map<string, string>(Object.entries(t.masks));

/** Says which labels there are, with the names of their rules. */
export function know(labels: [string, string][]): void {
  for (const [label, name] of labels) {
    const word = label.slice(1, -1);
    if (!known.has(word)) known.set(word, name);
  }
}

/** Cuts text at the labels that redaction leaves behind. The pieces joined give the text again. */
export function pieces(text: string): Piece[] {
  const out: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    const mask = known.get(match[1]!);
    if (mask === undefined) continue;
    if (match.index > from) out.push({ text: text.slice(from, match.index), mask: null });
    out.push({ text: match[0], mask });
    from = match.index + match[0].length;
  }
  if (from < text.length) out.push({ text: text.slice(from), mask: null });
  return out;
}

/** How often each rule has masked something in these texts, the commonest first. */
export function tally(texts: string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const { mask } of pieces(text)) if (mask) counts.set(mask, (counts.get(mask) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]);
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
        span.title = t.chat.maskedBy(mask);
        span.textContent = text;
        return span;
      }),
    );
  }
}
