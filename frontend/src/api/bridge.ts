// The only door to the program behind the window. Every call either returns a domain type or throws a Fault.
import * as app from '../../wailsjs/go/app/App';
import { BrowserOpenURL, EventsOn } from '../../wailsjs/runtime/runtime';
import {
  fields,
  list,
  str,
  toConversations,
  toDetail,
  toFaults,
  toPreferences,
  toSent,
  toState,
  toStatus,
  toStrength,
  toTurnEvent,
} from './decode';
import { toChecked, toFound, toKinds, toMatter, toMatters, toTemplates } from './decode-history';
import { toDoc, toDocPage, toDocs, toPassageHits, toPicture } from './decode-documents';
import { toFault } from './fault';
import type { WayOut } from '../lockdown/prove';
import type {
  AppState,
  Checked,
  Conversation,
  ConversationDetail,
  Doc,
  DocPage,
  DocPlace,
  Erasure,
  Fault,
  Found,
  Instead,
  Kind,
  Matter,
  PagePicture,
  PageSpot,
  PassageHit,
  Preferences,
  Sending,
  Sent,
  Status,
  Strength,
  Template,
  TurnEvent,
} from './types';

export async function call<T>(ask: () => Promise<unknown>, decode: (value: unknown) => T): Promise<T> {
  let value: unknown;
  try {
    value = await ask();
  } catch (reason) {
    throw toFault(reason);
  }
  return decode(value);
}

export const nothing = (): void => undefined;

export const state = (): Promise<AppState> => call(() => app.State(), toState);
export const strength = (passphrase: string): Promise<Strength> =>
  call(() => app.Strength(passphrase), toStrength);
export const setup = (passphrase: string): Promise<void> => call(() => app.Setup(passphrase), nothing);
export const setupKeyringOnly = (): Promise<void> => call(() => app.SetupKeyringOnly(), nothing);
export const unlock = (passphrase: string): Promise<void> => call(() => app.Unlock(passphrase), nothing);
/** Hands over what became of each way out, before anybody's text is in the page. */
export const pageProved = (found: WayOut[]): Promise<void> => call(() => app.PageProved(found), nothing);
/** Finds no browser: it is called to show that. */
export const openInBrowser = (address: string): void => BrowserOpenURL(address);
/** Tells the program that somebody is there: it locks when nobody is for a while. */
export const activity = (): void => void app.Activity();
export const lock = (): Promise<void> => call(() => app.Lock(), nothing);

export const conversations = (): Promise<Conversation[]> => call(() => app.Conversations(), toConversations);
export const conversation = (id: string, before = ''): Promise<ConversationDetail> =>
  call(() => app.Conversation(id, before), toDetail);

export const send = ({ place, ...rest }: Sending): Promise<Sent> => {
  const at = { edit: '', again: '', continue: '' };
  if (place) at[place.kind] = place.message;
  return call(() => app.Send({ ...rest, ...at }), toSent);
};
/** Drops the temporary conversation. */
export const forget = (): void => void app.Forget();
/** Has the model read what stands before the next message, which is being typed: nothing of it. */
export const readAhead = (id: string): void => void app.ReadAhead(id);
export const stop = (): Promise<void> => call(() => app.Stop(), nothing);
export const rename = (id: string, title: string): Promise<void> =>
  call(() => app.Rename(id, title), nothing);
export const pin = (id: string, pinned: boolean): Promise<void> => call(() => app.Pin(id, pinned), nothing);
export const choose = (id: string, message: string): Promise<void> =>
  call(() => app.Choose(id, message), nothing);
export const erase = (e: Erasure): Promise<void> =>
  call(() => app.Erase({ messages: [], documents: [], conversations: [], matters: [], ...e }), nothing);
export const move = (matter: string, ids: string[]): Promise<void> =>
  call(() => app.Move(matter, ids), nothing);
export const hold = (matter: string, conversation: string, reason: string): Promise<void> =>
  call(() => app.Hold(matter, conversation, reason), nothing);
export const search = (text: string): Promise<Found> => call(() => app.Search(text), toFound);

export const draft = (id: string): Promise<string> => call(() => app.Draft(id), str);
export const setDraft = (id: string, text: string): Promise<void> =>
  call(() => app.SetDraft(id, text), nothing);
export const draftsKept = (): void => void app.DraftsKept();
export const check = (id: string, text: string, instead: Instead): Promise<Checked> =>
  call(() => app.Check(id, text, instead), toChecked);
export const kinds = (): Promise<Kind[]> => call(() => app.Kinds(), toKinds);

export const templates = (): Promise<Template[]> => call(() => app.Templates(), toTemplates);
export const setTemplate = (name: string, text: string): Promise<void> =>
  call(() => app.SetTemplate(name, text), nothing);

export const matters = (): Promise<Matter[]> => call(() => app.Matters(), toMatters);
export const createMatter = (name: string): Promise<Matter> => call(() => app.CreateMatter(name), toMatter);
export const renameMatter = (id: string, name: string): Promise<void> =>
  call(() => app.RenameMatter(id, name), nothing);
export const setRetention = (id: string, days: number): Promise<void> =>
  call(() => app.SetRetention(id, days), nothing);

/** Asks for files in a dialog of the desktop's; none where it was cancelled. */
export const chooseDocuments = (title: string): Promise<string[]> =>
  call(
    () => app.ChooseDocuments(title),
    (v) => list(v).map(str),
  );
export const addDocument = (path: string, at: DocPlace): Promise<Doc> =>
  call(() => app.AddDocument(path, { ...at }), toDoc);
export const documents = (at: DocPlace): Promise<Doc[]> => call(() => app.Documents({ ...at }), toDocs);
export const cancelDocument = (id: string): Promise<void> => call(() => app.CancelDocument(id), nothing);
export const documentPage = (id: string, page: number, start: number, end: number): Promise<DocPage> =>
  call(() => app.DocumentPage(id, page, start, end), toDocPage);
export const searchDocuments = (text: string): Promise<PassageHit[]> =>
  call(() => app.SearchDocuments(text), toPassageHits);
/** Draws a page so many pixels wide; another that is still being drawn ends. */
export const documentPicture = (id: string, at: PageSpot, width: number): Promise<PagePicture> =>
  call(() => app.DocumentPicture(id, at.page, at.start, at.end, width), toPicture);

export const status = (): Promise<Status> => call(() => app.Status(), toStatus);
export const faults = (): Promise<Fault[]> => call(() => app.Faults(), toFaults);
export const preferences = (): Promise<Preferences> => call(() => app.Preferences(), toPreferences);
export const setPreferences = (p: Preferences): Promise<void> =>
  call(() => app.SetPreferences({ ...p }), nothing);

/** Puts text on the clipboard, where policy lets the program do so. */
export const copy = (text: string): Promise<void> => call(() => app.Copy(text), nothing);

type Off = () => void;

export const onState = (f: (s: AppState) => void): Off => EventsOn('state', (v: unknown) => f(toState(v)));

/** The event may carry the status, or only say that it changed: null then. */
export const onStatus = (f: (s: Status | null) => void): Off =>
  EventsOn('status', (v: unknown) => f('offline' in fields(v) ? toStatus(v) : null));
/** The program is about to lock, and waits a moment for draftsKept. */
export const onLocking = (f: () => void): Off => EventsOn('locking', () => f());
export const onConversations = (f: () => void): Off => EventsOn('conversations', () => f());
/** More of a document has been read, or its reading has ended. */
export const onDocument = (f: (d: Doc) => void): Off => EventsOn('document', (v: unknown) => f(toDoc(v)));
/** Files were dropped on the window. */
export const onDrop = (f: (paths: string[]) => void): Off =>
  EventsOn('wails:file-drop', (_x: unknown, _y: unknown, paths: unknown) => f(list(paths).map(str)));
export const onTurn = (f: (e: TurnEvent) => void): Off =>
  EventsOn('turn', (v: unknown) => {
    const event = toTurnEvent(v);
    if (event) f(event);
  });
