// The record as its reader sees it: pages, a filter, one entry with its proof, a verification, an export.
import * as api from '../api/bridge-admin';
import type {
  Activity,
  Drive,
  Entry,
  Exported,
  Proof,
  RecordPage,
  RecordQuery,
  RecordState,
  Verified,
} from '../api/types';
import { Fetched } from './fetched.svelte';

export const noFilter = (): RecordQuery => ({
  ...{ before: 0, action: '', conversation: '', result: '', since: '', until: '' },
});

class TheRecord {
  filter = $state<RecordQuery>(noFilter());
  entries = $state.raw<Entry[]>([]);
  selected = $state.raw<Entry | null>(null);
  page = new Fetched<RecordPage>();
  state = new Fetched<RecordState>();
  activity = new Fetched<Activity>();
  proof = new Fetched<Proof>();
  verified = new Fetched<Verified>();
  drives = new Fetched<Drive[]>();
  exported = new Fetched<Exported>();
  witnessed = new Fetched<RecordState>();

  open(): void {
    void this.state.ask(api.recordState);
    void this.activity.ask(api.recordActivity);
    void this.reload();
  }

  async reload(): Promise<void> {
    this.entries = [];
    this.selected = null;
    await this.more(0);
  }

  async more(before: number): Promise<void> {
    const query = { ...$state.snapshot(this.filter), before };
    if (await this.page.ask(() => api.recordPage(query))) {
      this.entries = [...this.entries, ...(this.page.value?.entries ?? [])];
    }
  }

  select(entry: Entry): void {
    this.selected = entry;
    this.proof.wipe();
    void this.proof.ask(() => api.prove(entry.seq));
  }

  /** Shows the entries of one conversation alone. */
  follow(conversation: string): void {
    this.filter.conversation = conversation;
    void this.reload();
  }

  async verify(): Promise<void> {
    this.verified.wipe();
    await this.verified.ask(api.verifyRecord);
    await this.state.ask(api.recordState);
  }

  findDrives = () => this.drives.ask(api.drives);

  /** Writes a bundle of the entries of a matter (empty: all) in the filter's days. */
  async export(asked: { dir: string; recipient: string; compress: boolean; matter: string }): Promise<void> {
    const { since, until } = this.filter;
    this.exported.wipe();
    await this.exported.ask(() => api.exportRecord({ ...asked, since, until }));
    await Promise.all([this.state.ask(api.recordState), this.reload()]); // it is on record itself
  }

  /** Takes back what a witness cosigned, and tells whether it was taken. */
  async takeWitness(text: string, key: string): Promise<boolean> {
    this.witnessed.wipe();
    const taken = await this.witnessed.ask(() => api.takeWitness(text, key));
    if (taken) {
      this.state.value = this.witnessed.value;
      await this.reload();
    }
    return taken;
  }

  wipe(): void {
    this.filter = noFilter();
    this.entries = [];
    this.selected = null;
    const answers = [this.page, this.state, this.activity, this.proof, this.verified];
    for (const part of [...answers, this.drives, this.exported, this.witnessed]) part.wipe();
  }
}

export const record = new TheRecord();
