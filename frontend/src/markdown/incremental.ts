// A streamed answer, rendered block by block. Blocks that can no longer change are rendered once and kept; each update
// parses only the open tail. Rendering the whole answer anew per frame grows with its length and ends in gaps of
// seconds; this does not.
import type { Token } from 'marked';
import { lex, renderToken } from './render';

export interface Block {
  key: number;
  html: string;
}

interface Open extends Block {
  raw: string;
  finished: boolean;
}

// Where a block ends depends on the line or two after it, so a block counts as closed when two more stand behind it.
const openBlocks = 2;

// After these, what follows is read the same whether or not they are still in view.
const cuttable = new Set(['space', 'heading', 'hr', 'code', 'table']);

export class IncrementalMarkdown {
  #raw = '';
  #tail = '';
  #done: Block[] = [];
  #open: Open[] = [];
  readonly #cited: ReadonlySet<number>;

  /** cited are the numbers that lead to a source. */
  constructor(cited: ReadonlySet<number> = new Set()) {
    this.#cited = cited;
  }

  /** Takes the whole text so far (cheap if it only grew) and returns its blocks; finished closes the last ones. */
  update(text: string, finished = false): Block[] {
    if (!text.startsWith(this.#raw)) this.#reset();
    const raw = text.slice(this.#raw.length);
    const added = this.#raw.endsWith('\r') && raw.startsWith('\n') ? raw.slice(1) : raw;
    this.#raw = text;
    this.#tail += added.replace(/\r\n?/g, '\n');
    if (added.includes('\n') || added.includes('\r')) this.#close(); // only a complete line can close a block
    this.#open = visible(lex(this.#tail)).map((token, i, { length }) =>
      this.#block(token, this.#done.length + i, finished || i < length - 1),
    );
    return [...this.#done, ...this.#open];
  }

  /** The block as it was, where it is the same; finished is what something stands behind, too. */
  #block(token: Token, key: number, finished: boolean): Open {
    const before = this.#open.find((block) => block.key === key);
    if (before?.raw === token.raw && before.finished === finished) return before;
    return { key, raw: token.raw, finished, html: renderToken(token, finished, this.#cited) };
  }

  #reset(): void {
    this.#raw = this.#tail = '';
    this.#done = [];
    this.#open = [];
  }

  /** Moves every block that can no longer change from the tail to the finished ones. */
  #close(): void {
    const complete = this.#tail.slice(0, this.#tail.lastIndexOf('\n') + 1);
    const tokens = lex(complete);
    const cut = cutBefore(tokens);
    if (cut === 0) return;
    const closed = tokens.slice(0, cut);
    const length = closed.reduce((n, token) => n + token.raw.length, 0);
    if (!complete.startsWith(closed.map((token) => token.raw).join(''))) return; // not a plain cut (tabs expanded)
    for (const token of visible(closed)) {
      this.#done.push(this.#block(token, this.#done.length, true));
    }
    this.#tail = this.#tail.slice(length);
  }
}

const visible = (tokens: Token[]): Token[] => tokens.filter((token) => token.type !== 'space');

/** The number of leading tokens that are closed. */
function cutBefore(tokens: Token[]): number {
  let behind = 0;
  for (let i = tokens.length - 1; i > 0; i--) {
    if (tokens[i]!.type !== 'space') behind++;
    if (behind >= openBlocks && cuttable.has(tokens[i - 1]!.type)) return i;
  }
  return 0;
}

/** The same blocks in one go, for text that is complete. */
export const renderWhole = (text: string): Block[] =>
  visible(lex(text.replace(/\r\n?/g, '\n'))).map((token, key) => ({ key, html: renderToken(token, true) }));
