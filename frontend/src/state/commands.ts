// What each shortcut does. In a dialog only locking and the size of the text work: its own Esc closes it.
import { chat } from './chat.svelte';
import { copyLast } from './clipboard';
import { commandFor, isTyping, type Command } from './keys';
import { library } from './library.svelte';
import { look } from './look.svelte';
import { session } from './session.svelte';
import { ui } from './ui.svelte';

const actions: Record<Command, () => void> = {
  palette: () => (ui.dialog = { kind: 'palette' }),
  new: () => {
    chat.begin(library.matter);
    ui.toComposer();
  },
  temporary: () => {
    if (!session.status?.temporary) return;
    chat.begin('', true);
    ui.toComposer();
  },
  lock: () => void session.lock(),
  sidebar: () => (ui.sidebar = !ui.sidebar),
  settings: () => ui.toggle('settings'),
  record: () => ui.toggle('record'),
  models: () => ui.toggle('models'),
  policy: () => ui.toggle('policy'),
  posture: () => ui.toggle('posture'),
  messages: () => ui.toggle('messages'),
  copy: () => void copyLast(),
  export: () => {
    if (chat.conversation && !chat.temporary)
      ui.dialog = { kind: 'export', conversations: [chat.conversation] };
  },
  larger: () => void look.resize(1, session.phase === 'ready'),
  smaller: () => void look.resize(-1, session.phase === 'ready'),
  usual: () => void look.resize(0, session.phase === 'ready'),
  region: () => moveRegion(1),
  regionBack: () => moveRegion(-1),
  shortcuts: () => (ui.dialog = { kind: 'shortcuts' }),
  stop: () => void chat.stop(),
};

const sizes: readonly Command[] = ['larger', 'smaller', 'usual']; // of the text, which has to be read everywhere

export function run(command: Command): void {
  actions[command]();
}

export function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const command = commandFor(event, isTyping(event.target));
  if (!command) return;
  if (!sizes.includes(command)) {
    if (session.phase !== 'ready' || (ui.dialog && command !== 'lock')) return;
  }
  if (command === 'stop' && !chat.live) {
    if (ui.view !== 'chat') ui.toComposer();
    return;
  }
  event.preventDefault();
  run(command);
}

/** Moves the focus to the next region, and there to what was marked as its first stop. */
export function moveRegion(step: 1 | -1, root: ParentNode = document): void {
  const regions = [...root.querySelectorAll<HTMLElement>('[data-region]')];
  const here = regions.findIndex((r) => r.contains(document.activeElement));
  const from = here === -1 && step === -1 ? 0 : here;
  const next = regions[(from + step + regions.length) % regions.length];
  const marked = next?.matches('[data-stop]') ? next : next?.querySelector<HTMLElement>('[data-stop]');
  marked?.focus();
}
