// The labels that redaction leaves behind, and the values that the model knows by a stand-in, as chips.
import type { StandIn } from '../api/types';
import { t } from '../strings';

export interface Piece {
  text: string;
  mask: string | null; // what the rule looks for, in words
  standIn: string; // the token that the model sees, '' where the text is a label that hides the value from all
}

const labels = String.raw`\[([A-Z][A-Z_]*[A-Z])(?:_\d+)?\]`;
const known = new Map<string, () => string>();
const nameOf = (word: string): string | undefined => t.masks[word] ?? known.get(word)?.();
const tokens = new Map<string, string>(); // by value
let pattern = new RegExp(labels, 'gu');

/** Says which labels there are, with the names of their rules. */
export function know(all: [string, () => string][]): void {
  for (const [label, name] of all) {
    const word = label.slice(1, -1);
    if (!known.has(word)) known.set(word, name);
  }
}

/** Says which values of the conversation in view the model knows by a stand-in. */
export function remember(standIns: readonly StandIn[]): void {
  tokens.clear();
  for (const { value, token } of standIns) if (value.trim() !== '') tokens.set(value, token);
  const values = [...tokens.keys()]
    .sort((a, b) => b.length - a.length)
    .map((v) => v.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)); // not -, which may have no \ here
  pattern = new RegExp(
    values.length ? String.raw`${labels}|(?<![\p{L}\p{N}])(?:${values.join('|')})(?![\p{L}\p{N}])` : labels,
    'gu',
  );
}

const ruleOf = (token: string): string => nameOf(token.slice(1, -1).replace(/_\d+$/, '')) ?? t.chat.value;

/** Cuts text at the labels and at the values that have a stand-in. The pieces joined give the text again. */
export function pieces(text: string): Piece[] {
  const out: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    const token = match[1] === undefined ? (tokens.get(match[0]) ?? '') : '';
    const mask = token ? ruleOf(token) : nameOf(match[1] ?? '');
    if (mask === undefined) continue;
    if (match.index > from) out.push({ text: text.slice(from, match.index), mask: null, standIn: '' });
    out.push({ text: match[0], mask, standIn: token });
    from = match.index + match[0].length;
  }
  if (from < text.length) out.push({ text: text.slice(from), mask: null, standIn: '' });
  return out;
}

/** What a chip says of itself. */
export const chipTitle = ({ mask, standIn }: Piece): string =>
  standIn ? t.chat.standIn(mask ?? '', standIn) : t.chat.maskedBy(mask ?? '');

/** How often each rule has hidden something in these texts, the commonest first. */
export function tally(texts: string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const { mask, standIn } of pieces(text)) {
      if (!mask) continue;
      const row = standIn ? t.chat.standInRow(mask) : mask;
      counts.set(row, (counts.get(row) ?? 0) + 1);
    }
  }
  return [...counts].sort((a, b) => b[1] - a[1]);
}

/** Turns every label and value below root into a chip that says which rule hid it. */
export function chip(root: DocumentFragment | Element): void {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found: Text[] = [];
  while (walker.nextNode()) {
    const node = walker.currentNode as Text;
    if (pieces(node.data).some((p) => p.mask)) found.push(node);
  }
  for (const node of found) {
    node.replaceWith(
      ...pieces(node.data).map((piece) => {
        if (!piece.mask) return document.createTextNode(piece.text);
        const span = document.createElement('abbr');
        span.className = piece.standIn ? 'mask stand-in' : 'mask';
        span.title = chipTitle(piece);
        span.textContent = piece.text;
        return span;
      }),
    );
  }
}
