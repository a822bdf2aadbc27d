// The conversation in view and the answer being written.
import * as api from '../api/bridge';
import { toFault } from '../api/fault';
import type { Fault, Place, TurnEvent } from '../api/types';
import { t } from '../strings';
import * as drafts from './drafts';
import { remember } from '../markdown/masks';
import { marks } from './marks.svelte';
import { emptyThread, lookedBack, opened, reduceTurn, sendFailed, sending, sent, type Thread } from './turn';

class Chat {
  #thread = $state.raw(emptyThread());
  draft = $state('');
  fault = $state.raw<Fault | null>(null);
  opening = $state(false);
  spoken = $state(''); // for the live region
  think = $state(false); // the model is to think before it answers
  matter = $state(''); // in which a new conversation begins; '' is the general one
  temporary = $state(false); // it is kept nowhere but on record, and forgotten when it is left
  editing = $state(''); // the own message that is being edited
  sought = $state(''); // the message that a search led to
  also: () => string[] = () => []; // documents of the matter that go with a message

  get thread(): Thread {
    return this.#thread;
  }
  set thread(next: Thread) {
    if (next.standIns !== this.#thread.standIns) remember(next.standIns); // before anything is drawn
    this.#thread = next;
  }

  conversation = $derived(this.thread.conversation);
  messages = $derived(this.thread.messages);
  live = $derived(this.thread.live);
  busy = $derived(this.thread.live !== null || this.thread.sending);
  /** Whether the answer being written belongs to the conversation in view. */
  liveHere = $derived(
    this.thread.live !== null && this.thread.live.conversation === this.thread.conversation?.id,
  );

  #leaveOut = new Set<string>(); // conversations that the user lets go on without their oldest messages
  #delta: (TurnEvent & { kind: 'delta' }) | null = null;
  #frame = 0;
  #readBefore = ''; // what the model has been asked to read ahead
  #looking: Promise<void> | null = null;
  #visit = 0; // counts what comes into view, so that an answer that arrives late is not shown in the wrong place

  /** Deltas wait for the next frame and go in as one; every other event first lets them in, so order holds. */
  take = (event: TurnEvent): void => {
    if (event.kind === 'delta') {
      if (this.#delta && this.#delta.turn !== event.turn) this.#flush();
      const { reasoning, text } = this.#delta ?? { reasoning: '', text: '' };
      this.#delta = { ...event, reasoning: reasoning + event.reasoning, text: text + event.text };
      if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#flush());
      return;
    }
    this.#flush();
    this.#apply(event);
  };

  #flush(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const delta = this.#delta;
    this.#delta = null;
    if (delta) this.#apply(delta);
  }

  #apply(event: TurnEvent): void {
    const before = this.thread.live;
    this.thread = reduceTurn(this.thread, event);
    if (!before || before.turn !== event.turn) return;
    if (event.kind === 'delta' && before.text === '' && event.text) this.spoken = t.chat.started;
    if (event.kind === 'failed') this.spoken = t.chat.failedSpoken;
    if (event.kind === 'done')
      this.spoken = event.reason === 'stopped' ? t.chat.stoppedSpoken : t.chat.finished;
  }

  async open(id: string, sought = ''): Promise<void> {
    this.sought = sought;
    if (id === this.conversation?.id) return this.#seek(this.#visit);
    const visit = this.#leave();
    this.opening = true;
    try {
      const [detail, draft] = await Promise.all([api.conversation(id), api.draft(id)]);
      if (visit !== this.#visit) return;
      this.thread = opened(this.thread, detail);
      this.think = detail.conversation.thinking;
      this.write(draft, false);
      await this.#seek(visit);
    } catch (reason) {
      this.fault = toFault(reason);
    } finally {
      if (visit === this.#visit) this.opening = false;
    }
  }

  begin(matter = '', temporary = false): void {
    const visit = this.#leave();
    this.temporary = temporary;
    this.opening = this.think = false;
    this.fault = null;
    this.matter = matter;
    this.sought = '';
    this.thread = opened(this.thread, null);
    if (!temporary) void this.#recallDraft(visit);
  }

  async #recallDraft(visit: number): Promise<void> {
    try {
      const draft = await api.draft('');
      if (visit === this.#visit && this.draft === '') this.write(draft, false);
    } catch {
      // none then
    }
  }

  #leave(): number {
    this.#forget();
    void drafts.flush();
    this.write('', false);
    this.editing = '';
    return ++this.#visit;
  }

  #forget(): void {
    if (!this.temporary) return;
    if (this.liveHere) void this.stop();
    api.forget();
    this.temporary = false;
    this.draft = '';
  }

  /** Puts text into the composer. */
  write(text: string, keep = true): void {
    this.draft = text;
    marks.update(text, this.conversation?.id ?? '');
    if (!keep || this.temporary) return;
    drafts.keep(this.conversation?.id ?? '', text);
    if (text && !this.busy) this.#readAhead();
  }

  /** Once for each message that is begun. */
  #readAhead(): void {
    const before = `${this.#visit} ${this.messages.length}`;
    if (before === this.#readBefore) return;
    this.#readBefore = before;
    api.readAhead(this.conversation?.id ?? '');
  }

  /** A new conversation came to be while its first message is being written: the draft goes along. */
  async settle(id: string): Promise<void> {
    const draft = this.draft;
    drafts.keep('', '');
    await this.open(id);
    if (draft) this.write(draft);
  }

  /** Reads the conversation in view anew, as far back as before: another branch was chosen, or messages are gone. */
  async reload(): Promise<void> {
    const id = this.conversation?.id;
    const visit = this.#visit;
    if (!id || this.temporary) return; // a temporary one has no other branches
    try {
      const detail = await api.conversation(id);
      let thread = opened(this.thread, detail);
      while (thread.earlier && thread.messages.length < this.messages.length)
        thread = lookedBack(thread, await api.conversation(id, thread.messages[0]!.id));
      if (visit !== this.#visit) return;
      this.thread = this.live ? { ...this.thread, versions: thread.versions } : thread;
    } catch (reason) {
      this.fault = toFault(reason);
    }
  }

  /** Fetches earlier messages until the one that is sought is among them. */
  async #seek(visit: number): Promise<void> {
    while (this.sought && !this.messages.some((m) => m.id === this.sought)) {
      if (visit !== this.#visit || !this.thread.earlier) return;
      await this.lookBack();
    }
  }

  /** Fetches the messages before those in hand. */
  lookBack(): Promise<void> {
    this.#looking ??= this.#lookBack().finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #lookBack(): Promise<void> {
    const [id, first, visit] = [this.conversation?.id, this.messages[0]?.id, this.#visit];
    if (!id || !first || !this.thread.earlier) return;
    try {
      const detail = await api.conversation(id, first);
      if (visit === this.#visit && this.messages[0]?.id === first)
        this.thread = lookedBack(this.thread, detail);
    } catch (reason) {
      if (visit !== this.#visit) return;
      this.fault = toFault(reason);
      this.thread = { ...this.thread, earlier: false }; // not asked for again with every key
    }
  }

  async choose(message: string): Promise<void> {
    if (!this.conversation || this.busy) return;
    try {
      await api.choose(this.conversation.id, message);
    } catch (reason) {
      this.fault = toFault(reason);
    }
    await this.reload();
  }

  async erase(message: string): Promise<void> {
    try {
      await api.erase({ messages: [message] });
    } catch (reason) {
      this.fault = toFault(reason);
    }
    await this.reload();
  }

  edit = (message: string, text: string): Promise<void> => {
    this.editing = '';
    return this.#turn(text, { kind: 'edit', message });
  };
  again = (message: string): Promise<void> => this.#turn('', { kind: 'again', message });
  /** Answers again without the oldest messages, and leaves them out of what follows in this conversation too. */
  leaveOutOldest = (message: string): Promise<void> => {
    if (this.conversation) this.#leaveOut.add(this.conversation.id);
    return this.again(message);
  };
  /** Answers again, with the oldest messages summarised by the model. What follows goes on from the summary. */
  summariseOldest = (message: string): Promise<void> => {
    if (this.conversation) this.#leaveOut.delete(this.conversation.id);
    return this.#turn('', { kind: 'again', message }, true);
  };
  goOn = (message: string): Promise<void> => this.#turn('', { kind: 'continue', message });

  /** Sends the draft, or text; the draft stays until the program has taken it. */
  async send(text = this.draft): Promise<void> {
    if (text.trim() === '') return;
    await this.#turn(text, null);
  }

  async #turn(text: string, place: Place | null, summarise = false): Promise<void> {
    if (this.busy) return;
    const visit = this.#visit;
    const fromDraft = !place && text === this.draft;
    const from = this.conversation?.id ?? '';
    const temporary = this.temporary;
    const instead = fromDraft ? marks.instead : '';
    this.fault = null;
    this.thread = sending(this.thread);
    if (fromDraft) this.write('', false);
    try {
      const answer = await api.send({
        ...{ conversation: from, matter: this.matter, text, place, instead },
        ...{
          leaveOut: this.#leaveOut.has(from),
          summarise,
          think: this.think,
          temporary,
          documents: temporary ? [] : this.also(),
        },
      });
      if (!this.thread.sending) return; // locked meanwhile
      this.#flush();
      this.thread = sent(this.thread, answer, visit === this.#visit, place);
      if (fromDraft && !temporary) drafts.keep(from, '');
      if (place) await this.reload();
    } catch (reason) {
      if (!this.thread.sending) return;
      this.fault = toFault(reason);
      this.thread = sendFailed(this.thread);
      if (fromDraft && this.draft === '') this.write(text);
    }
  }

  async stop(): Promise<void> {
    try {
      await api.stop();
    } catch (reason) {
      this.fault = toFault(reason);
    }
  }

  /** Text of the last answer in view, "" if there is none. */
  lastAnswer(): string {
    if (this.liveHere && this.live?.text) return this.live.text;
    return this.messages.findLast((m) => m.role === 'assistant' && m.text !== '')?.text ?? '';
  }

  /** Begins to edit the last own message; false if there is none. */
  editLast(): boolean {
    const last = this.messages.findLast((m) => m.role === 'user' && m.status !== 'erased');
    if (last && !this.busy) this.editing = last.id;
    return last !== undefined;
  }

  renamed(id: string, title: string): void {
    const { conversation } = this.thread;
    if (conversation?.id === id) this.thread = { ...this.thread, conversation: { ...conversation, title } };
  }

  /** Forgets everything: nothing said stays in the page after a lock. */
  wipe(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#delta = null;
    this.#visit++;
    this.thread = emptyThread();
    this.draft = '';
    this.think = false;
    this.temporary = false; // the program forgets with the lock
    this.matter = this.editing = this.sought = '';
    this.#leaveOut.clear();
    marks.wipe();
    this.fault = null;
    this.opening = false;
    this.spoken = '';
  }
}

export const chat = new Chat();
