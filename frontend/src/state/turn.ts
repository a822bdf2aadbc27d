// How the open conversation changes: one pure function per thing that can happen. Nothing here talks to the program.
import type {
  Conversation,
  ConversationDetail,
  Fault,
  Message,
  Place,
  Notice,
  Sent,
  Sources,
  StandIn,
  StopReason,
  Summary,
  TurnEvent,
  Versions,
} from '../api/types';

/** The answer being written. There is at most one: the program refuses a second as busy. */
export interface Live {
  turn: string;
  conversation: string;
  reasoning: string;
  text: string;
  progress: number | null; // while the model loads, 0..1
  summarising: boolean; // the model summarises the oldest messages first
}

/** What is known about an answer that ended while this window was open. */
export interface Ending {
  tokensPerSecond: number;
  firstTokenMs: number;
  reason: StopReason | null;
  redactions: Record<string, number>;
  leftOut: number; // messages that the model did not read
  fault: Fault | null;
  notices: Notice[];
}

export interface Thread {
  conversation: Conversation | null; // null is a new one
  messages: Message[];
  earlier: boolean; // there are messages before these
  versions: Versions;
  live: Live | null;
  sending: boolean;
  early: TurnEvent[]; // events of a turn whose send has not returned yet
  endings: Record<string, Ending>; // by turn
  standIns: StandIn[]; // of the conversation
  sources: Sources; // by answer
  summaries: Summary[]; // of the conversation
}

export const emptyThread = (): Thread => ({
  conversation: null,
  messages: [],
  earlier: false,
  versions: {},
  live: null,
  sending: false,
  early: [],
  endings: {},
  standIns: [],
  sources: {},
  summaries: [],
});

/** Another conversation comes into view, or none; an answer in progress goes on in the background. */
export const opened = (thread: Thread, detail: ConversationDetail | null): Thread => ({
  ...thread,
  conversation: detail?.conversation ?? null,
  messages: detail?.messages ?? [],
  earlier: detail?.earlier ?? false,
  versions: detail?.versions ?? {},
  standIns: detail?.standIns ?? [],
  sources: detail?.sources ?? {},
  summaries: detail?.summaries ?? [],
});

/** Messages from before those in view. */
export const lookedBack = (thread: Thread, detail: ConversationDetail): Thread => ({
  ...thread,
  messages: [...detail.messages, ...thread.messages],
  earlier: detail.earlier,
  versions: { ...thread.versions, ...detail.versions },
});

export const sending = (thread: Thread): Thread => ({ ...thread, sending: true, early: [] });

export const sendFailed = (thread: Thread): Thread => ({ ...thread, sending: false, early: [] });

/** What stays in view when a turn goes to a place: what stands before the message beside which it is written. */
function before(messages: Message[], place: Place | null): Message[] {
  const at = place ? messages.findIndex((m) => m.id === place.message) : -1;
  return at === -1 ? messages : messages.slice(0, at);
}

/** The program took the message. here says whether its conversation is still the one in view. */
export function sent(thread: Thread, answer: Sent, here: boolean, place: Place | null = null): Thread {
  const { conversation, user, assistant } = answer;
  const live: Live = {
    turn: assistant.turn,
    conversation: conversation.id,
    reasoning: '',
    text: '',
    progress: null,
    summarising: false,
  };
  const base = { ...thread, live, sending: false, early: [] };
  const prompted = !place || place.kind === 'edit';
  const messages = [...before(thread.messages, place), ...(prompted ? [user] : []), assistant];
  const sources = { ...thread.sources, [assistant.id]: answer.sources };
  const shown: Thread = here ? { ...base, conversation, messages, sources, standIns: answer.standIns } : base;
  return thread.early.reduce(reduceTurn, shown);
}

function replace(messages: Message[], message: Message): Message[] {
  return messages.map((m) => (m.role === 'assistant' && m.turn === message.turn ? message : m));
}

type Ended = Extract<TurnEvent, { kind: 'done' | 'failed' }>;

function ended(thread: Thread, event: Ended, message: Message, ending: Ending): Thread {
  const here = thread.conversation?.id === event.conversation;
  return {
    ...thread,
    standIns: here ? event.standIns : thread.standIns,
    summaries: here && event.summary ? [...thread.summaries, event.summary] : thread.summaries,
    live: null,
    messages: replace(thread.messages, { ...message, turn: event.turn, role: 'assistant' }),
    endings: { ...thread.endings, [event.turn]: ending },
  };
}

/** Events of a turn that is not the live one (late, after a lock, or of another window) change nothing. */
export function reduceTurn(thread: Thread, event: TurnEvent): Thread {
  const { live } = thread;
  if (thread.sending) return { ...thread, early: [...thread.early, event] };
  if (!live || live.turn !== event.turn) return thread;
  switch (event.kind) {
    case 'loading':
      return { ...thread, live: { ...live, progress: event.progress } };
    case 'summarising':
      return { ...thread, live: { ...live, progress: null, summarising: event.progress < 1 } };
    case 'delta':
      return {
        ...thread,
        live: {
          ...live,
          progress: null,
          summarising: false,
          reasoning: live.reasoning + event.reasoning,
          text: live.text + event.text,
        },
      };
    case 'done': {
      const { tokensPerSecond, firstTokenMs, reason, redactions, leftOut, notices } = event;
      return ended(thread, event, event.message, {
        tokensPerSecond,
        firstTokenMs,
        reason,
        redactions,
        leftOut,
        notices,
        fault: null,
      });
    }
    case 'failed':
      return ended(thread, event, event.message, {
        tokensPerSecond: 0,
        firstTokenMs: 0,
        reason: null,
        redactions: {},
        leftOut: 0,
        notices: event.notices,
        fault: event.fault,
      });
    default:
      return unreachable(event);
  }
}

function unreachable(event: never): never {
  throw new Error(`unknown turn event ${String(event)}`);
}
