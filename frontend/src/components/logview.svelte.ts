// What of a long conversation is drawn, and how it is followed: what is far from view is not drawn, so that ten thousand
// messages open and scroll as ten do.
import { flushSync, tick } from 'svelte';
import { chat } from '../state/chat.svelte';
import { around, newest, range, step, widened, type Drawn } from '../state/drawn';

const slack = 40; // px from the end that still count as being there

export class LogView {
  log = $state<HTMLDivElement>()!; // what scrolls
  content = $state<HTMLDivElement>()!; // what is in it
  #drawn = $state.raw<Drawn>(newest(chat.messages));
  #atEnd = $state(true);
  #range = $derived(range(chat.messages, this.#drawn));
  shown = $derived(chat.messages.slice(...this.#range));
  isEarlier = $derived(this.#range[0] > 0 || chat.thread.earlier);
  isAway = $derived(!this.#atEnd || this.#range[1] < chat.messages.length);
  #top = 0;
  #filling = 0;

  /** Follows the size of what is drawn, and returns how to end that. */
  watch(): () => void {
    const watch = new ResizeObserver(() => {
      if (this.#atEnd) this.toEnd();
      this.#fill();
    });
    watch.observe(this.content);
    watch.observe(this.log);
    return () => {
      watch.disconnect();
      cancelAnimationFrame(this.#filling);
    };
  }

  /** Does something once what changed is drawn: within an effect nothing may be flushed. */
  settled = (then: () => void) => void tick().then(() => this.log?.isConnected && then());

  toEnd = (): void => {
    if (this.#range[1] < chat.messages.length) flushSync(() => (this.#drawn = newest(chat.messages)));
    this.log.scrollTop = this.#top = this.log.scrollHeight;
    this.#atEnd = true;
  };

  /** Shows a message that is loaded. */
  seek(id: string): void {
    flushSync(() => (this.#drawn = around(chat.messages, id)));
    document.getElementById(`m-${id}`)?.scrollIntoView({ block: 'center' });
    this.#atEnd = this.#isThere();
  }

  lookBack = async (): Promise<void> => {
    if (this.#range[0] === 0) await chat.lookBack();
    this.#redraw(step, 0);
  };

  // Follows the end until the reader scrolls up; coming back to the end takes hold again. A scroll event that is not
  // upwards is our own, and by the time it comes the text may have grown past the slack.
  onscroll = (): void => {
    const there = this.#isThere();
    if (there || this.log.scrollTop < this.#top) this.#atEnd = there;
    this.#top = this.log.scrollTop;
    this.#fill();
  };

  #isThere = (): boolean =>
    this.#range[1] === chat.messages.length &&
    this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < slack;

  // Draws some more wherever less than two screens are left, and drops what is more than four away. A few in each frame.
  #fill(): void {
    this.#filling ||= requestAnimationFrame(() => {
      this.#filling = 0;
      const [from, to] = this.#range;
      const screen = this.log.clientHeight;
      const above = this.log.scrollTop;
      const below = this.log.scrollHeight - above - screen;
      if (above < 2 * screen && from > 0) this.#redraw(step, -this.#beyond(above + 5 * screen, Infinity));
      else if (above < 2 * screen && chat.thread.earlier) void chat.lookBack();
      else if (below < 2 * screen && to < chat.messages.length)
        this.#redraw(-this.#beyond(0, above - 4 * screen), step);
    });
  }

  /** How many messages stand wholly between two heights; none while one is edited, which would lose what was written. */
  #beyond = (start: number, end: number): number =>
    chat.editing
      ? 0
      : this.#articles().filter((a) => a.offsetTop >= start && a.offsetTop + a.offsetHeight <= end).length;

  #articles = () => [...this.content.querySelectorAll<HTMLElement>(':scope > article')];

  /** Draws another stretch without moving what is in view. */
  #redraw(before: number, after: number): void {
    const focused = this.log.contains(document.activeElement);
    const anchor = this.#articles().find((a) => a.offsetTop + a.offsetHeight > this.log.scrollTop);
    const was = anchor?.offsetTop ?? 0;
    flushSync(() => (this.#drawn = widened(chat.messages, this.#drawn, before, after)));
    if (anchor?.isConnected) this.log.scrollTop += anchor.offsetTop - was;
    this.#top = this.log.scrollTop;
    if (focused && !this.log.contains(document.activeElement)) this.log.focus({ preventScroll: true });
    this.#fill();
  }
}
