// Models, policy, posture and keys: what is in force, and what the user may change of it.
import { faults } from '../api/bridge';
import * as api from '../api/bridge-admin';
import { toFault } from '../api/fault';
import type {
  Fault,
  Finding,
  Fit,
  Lineage,
  Policy,
  Posture,
  Progress,
  SealedModel,
  Slot,
  Wish,
} from '../api/types';
import { Fetched } from './fetched.svelte';

/** What leaves everything about a model's loading open. */
export const noWish: Wish = { context: 0, processor: false, cache: '' };

class Admin {
  models = new Fetched<SealedModel[]>();
  lineage = new Fetched<Lineage>();
  fit = new Fetched<Fit>(); // of a model as it is wished for
  finding = new Fetched<Finding | null>(); // with the model for it
  recipient = new Fetched<string>();
  policy = new Fetched<Policy>();
  posture = new Fetched<Posture>();
  slots = new Fetched<Slot[]>();
  faults = new Fetched<Fault[]>(); // all that there are
  progress = $state.raw<Progress | null>(null); // of the long work that runs
  done = $state(''); // what was last done, in words
  fault = $state.raw<Fault | null>(null);

  /** Does something and says how it went; a cancelled work says nothing. */
  async #act(what: () => Promise<unknown>, words: string): Promise<boolean> {
    this.#begin();
    try {
      await what();
      this.done = words;
      return true;
    } catch (reason) {
      this.fault = toFault(reason);
      return false;
    } finally {
      this.progress = null;
    }
  }

  /** What was done in another view is not told again in this one. */
  #begin(): void {
    this.done = '';
    this.fault = null;
  }

  openModels(): void {
    this.#begin();
    this.finding.wipe();
    void this.models.ask(api.models);
    void this.recipient.ask(api.recipient);
  }

  openPolicy = () => void this.policy.ask(api.policy);
  openPosture = () => void this.posture.ask(api.posture);
  openFaults = () => void this.faults.ask(faults);
  openKeys(): void {
    this.#begin();
    void this.slots.ask(api.slots);
  }

  showLineage = (id: string) => this.lineage.ask(() => api.lineage(id));
  cancel = (job: string) => api.cancel(job).catch(() => undefined);

  fitModel = (id: string, wish: Wish) => this.fit.ask(() => api.fitModel(id, wish));

  askFinding = () => this.finding.ask(api.finding);

  /** Goes on making passages ready to be found, or stops that. */
  async makeFinding(on: boolean): Promise<void> {
    if (await this.#act(() => api.makeFinding(on), '')) await this.askFinding();
  }

  async useModel(id: string, wish: Wish, words: string): Promise<void> {
    if (await this.#act(() => api.useModel(id, wish), words)) await this.models.ask(api.models);
  }

  verifyModel = (id: string, words: string) => this.#act(() => api.verifyModel(id), words);

  async importModel(dir: string, words: string): Promise<void> {
    if (await this.#act(() => api.importModel(dir), words)) await this.models.ask(api.models);
  }

  async addRecovery(recipient: string, words: string): Promise<boolean> {
    const done = await this.#act(() => api.addRecovery(recipient), words);
    await this.slots.ask(api.slots);
    return done;
  }

  async removeSlot(name: string, words: string): Promise<void> {
    await this.#act(() => api.removeSlot(name), words);
    await this.slots.ask(api.slots);
  }

  changePassphrase = (old: string, next: string, words: string) =>
    this.#act(() => api.changePassphrase(old, next), words);

  /** Subscribes to how far long works are. */
  listen = (): (() => void) => api.onProgress((p) => (this.progress = p));

  wipe(): void {
    for (const part of [
      this.models,
      this.lineage,
      this.finding,
      this.recipient,
      this.policy,
      this.posture,
      this.slots,
      this.faults,
    ])
      part.wipe();
    this.progress = null;
    this.done = '';
    this.fault = null;
  }
}

export const admin = new Admin();
