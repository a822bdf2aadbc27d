// The only door to the program behind the window. Every call either returns a domain type or throws a Fault.
import * as app from '../../wailsjs/go/app/App';
import { ClipboardSetText, EventsOn } from '../../wailsjs/runtime/runtime';
import {
  fields,
  toConversations,
  toDetail,
  toPreferences,
  toSent,
  toState,
  toStatus,
  toStrength,
  toTurnEvent,
} from './decode';
import { toFault } from './fault';
import type {
  AppState,
  Conversation,
  ConversationDetail,
  Preferences,
  Sent,
  Status,
  Strength,
  TurnEvent,
} from './types';

async function call<T>(ask: () => Promise<unknown>, decode: (value: unknown) => T): Promise<T> {
  let value: unknown;
  try {
    value = await ask();
  } catch (reason) {
    throw toFault(reason);
  }
  return decode(value);
}

const nothing = (): void => undefined;

export const state = (): Promise<AppState> => call(() => app.State(), toState);
export const strength = (passphrase: string): Promise<Strength> =>
  call(() => app.Strength(passphrase), toStrength);
export const setup = (passphrase: string): Promise<void> => call(() => app.Setup(passphrase), nothing);
export const unlock = (passphrase: string): Promise<void> => call(() => app.Unlock(passphrase), nothing);
/** Tells the program that somebody is there: it locks when nobody is for a while. */
export const activity = (): void => void app.Activity();
export const lock = (): Promise<void> => call(() => app.Lock(), nothing);

export const conversations = (): Promise<Conversation[]> => call(() => app.Conversations(), toConversations);
export const conversation = (id: string): Promise<ConversationDetail> =>
  call(() => app.Conversation(id), toDetail);
export const send = (id: string, text: string): Promise<Sent> => call(() => app.Send(id, text), toSent);
export const stop = (): Promise<void> => call(() => app.Stop(), nothing);
export const rename = (id: string, title: string): Promise<void> =>
  call(() => app.Rename(id, title), nothing);
export const remove = (id: string): Promise<void> => call(() => app.Delete(id), nothing);

export const status = (): Promise<Status> => call(() => app.Status(), toStatus);
export const preferences = (): Promise<Preferences> => call(() => app.Preferences(), toPreferences);
export const setPreferences = (p: Preferences): Promise<void> =>
  call(() => app.SetPreferences({ theme: p.theme }), nothing);

/** Puts text on the clipboard through the program: the page itself has no clipboard permission. */
export const copy = async (text: string): Promise<boolean> => {
  try {
    return await ClipboardSetText(text);
  } catch {
    return false;
  }
};

type Off = () => void;

export const onState = (f: (s: AppState) => void): Off => EventsOn('state', (v: unknown) => f(toState(v)));

/** The event may carry the status, or only say that it changed: null then. */
export const onStatus = (f: (s: Status | null) => void): Off =>
  EventsOn('status', (v: unknown) => f('offline' in fields(v) ? toStatus(v) : null));
export const onConversations = (f: () => void): Off => EventsOn('conversations', () => f());
export const onTurn = (f: (e: TurnEvent) => void): Off =>
  EventsOn('turn', (v: unknown) => {
    const event = toTurnEvent(v);
    if (event) f(event);
  });
