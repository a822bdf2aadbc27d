// The bridge's part for the record, the models, the policy, the posture and the keys.
import * as app from '../../wailsjs/go/app/App';
import { EventsOn } from '../../wailsjs/runtime/runtime';
import { call, nothing } from './bridge';
import * as as from './decode-admin';
import { str } from './decode';
import type { Progress, RecordQuery, TakeAlong, Wish } from './types';

export const recordPage = (q: RecordQuery) => call(() => app.RecordPage(q), as.toRecordPage);
export const recordState = () => call(() => app.RecordState(), as.toRecordState);
export const recordActivity = () => call(() => app.RecordActivity(), as.toActivity);
export const prove = (seq: number) => call(() => app.Prove(seq), as.toProof);
export const verifyRecord = () => call(() => app.VerifyRecord(), as.toVerified);
export const takeWitness = (text: string, key: string) =>
  call(() => app.TakeWitness(text, key), as.toRecordState);
export const drives = () => call(() => app.Drives(), as.toDrives);
export const exportRecord = (q: {
  dir: string;
  recipient: string;
  compress: boolean;
  since: string;
  until: string;
  matter: string;
}) => call(() => app.ExportRecord(q), as.toExported);
export const exportTerms = () => call(() => app.ExportTerms(), as.toExportTerms);
export const exportConversation = (q: TakeAlong) => call(() => app.ExportConversation(q), as.toTaken);
export const exportConversations = (ids: string[], q: TakeAlong) =>
  call(() => app.ExportConversations(ids, q), as.toTakenOnes);
export const cancel = (job: string) => call(() => app.Cancel(job), nothing);

export const models = () => call(() => app.Models(), as.toSealedModels);
export const importModel = (dir: string) => call(() => app.ImportModel(dir), as.toSealedModel);
export const verifyModel = (id: string) => call(() => app.VerifyModel(id), nothing);
export const fitModel = (id: string, wish: Wish) => call(() => app.FitModel(id, wish), as.toFit);
export const useModel = (id: string, wish: Wish) => call(() => app.UseModel(id, wish), nothing);
export const finding = () => call(() => app.Finding(), as.toFinding);
export const makeFinding = (on: boolean) => call(() => app.MakeFinding(on), nothing);
export const lineage = (id: string) => call(() => app.Lineage(id), as.toLineage);
export const recipient = () => call(() => app.Recipient(), str);

export const policy = () => call(() => app.Policy(), as.toPolicy);
export const posture = () => call(() => app.Posture(), as.toPosture);
export const slots = () => call(() => app.Slots(), as.toSlots);
export const addRecovery = (recipient: string) => call(() => app.AddRecovery(recipient), nothing);
export const removeSlot = (name: string) => call(() => app.RemoveSlot(name), nothing);
export const changePassphrase = (old: string, next: string) =>
  call(() => app.ChangePassphrase(old, next), nothing);

export const onProgress = (f: (p: Progress) => void): (() => void) =>
  EventsOn('progress', (v: unknown) => f(as.toProgress(v)));
