// The whole window against the mock bridge: what a person does, and what then is on the screen.
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import App from './App.svelte';
import { install, type MockApp } from './dev/mock';
import { chat } from './state/chat.svelte';

let mock: MockApp;

async function open(phase: 'setup' | 'locked' | 'ready' | 'failed' = 'ready') {
  mock = install(phase);
  mock.pause = 0;
  render(App);
  await waitFor(() => expect(document.querySelector('.starting')).toBeNull());
  if (phase === 'ready') await screen.findByRole('button', { name: 'Example patient note' });
  const user = userEvent.setup();
  if (phase === 'ready') await user.clear(composer()); // a draft that an earlier test left
  return user;
}

afterEach(() => {
  mock.enter('locked'); // wipes what the page holds
  cleanup();
});

async function clean(): Promise<void> {
  const options = { rules: { 'color-contrast': { enabled: false } } }; // jsdom has no layout; tokens.test.ts measures it
  const { violations } = await axe.run(document, options);
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`)).toEqual([]);
}

const composer = <T extends HTMLElement>() => screen.getByRole<T>('textbox', { name: 'Message' });
const button = (name: string | RegExp) => screen.getByRole('button', { name });
const log = () => screen.getByRole('log', { name: 'Messages' });

describe('every view has no finding of axe', () => {
  it.each(['setup', 'locked', 'failed', 'ready'] as const)('%s', async (phase) => {
    await open(phase);
    await clean();
  });

  it('a conversation, with its marks and chips', async () => {
    const user = await open();
    await user.click(button('Example patient note'));
    await within(log()).findByText('Objective');
    await clean();
    await user.click(button('Shorten the extension clause'));
    await screen.findByText(/You stopped this answer/);
    await clean();
  });

  it('settings and dialogs', async () => {
    const user = await open();
    await user.keyboard('{Control>},{/Control}');
    await screen.findByText('/home/clinician/.local/share/subrosa');
    await clean();
    await user.click(button(/^Offline/));
    expect(screen.getAllByText('Blocked')).toHaveLength(9);
    await clean();
    await user.click(button('Close'));
    await user.click(button('Shortcuts'));
    await clean();
  });
});

describe('first run', () => {
  it('creates only when the passphrase is strong and repeated', async () => {
    const user = await open('setup');
    expect(button('Create')).toBeDisabled();
    await user.type(screen.getByLabelText('Passphrase'), 'short');
    await screen.findByText('Weak.', { exact: false });
    await user.type(screen.getByLabelText('Repeat passphrase'), 'short');
    expect(screen.queryByText('The two passphrases differ.')).toBeNull();
    expect(button('Create')).toBeDisabled();
    await user.type(screen.getByLabelText('Passphrase'), ' otter lamp violin');
    await screen.findByText('The two passphrases differ.');
    expect(button('Create')).toBeDisabled();
    await user.type(screen.getByLabelText('Repeat passphrase'), ' otter lamp violin');
    await waitFor(() => expect(button('Create')).toBeEnabled());
    await user.click(button('Create'));
    await waitFor(() => expect(composer()).toHaveFocus());
  });
});

describe('the lock', () => {
  it('opens with the right passphrase alone, and says in words what is wrong', async () => {
    const user = await open('locked');
    await user.type(screen.getByLabelText('Passphrase'), 'wrong{Enter}');
    expect(await screen.findByRole('alert')).toHaveTextContent(/does not open.*Caps Lock/);
    expect(screen.getByLabelText('Passphrase')).toHaveValue('');
    await user.type(screen.getByLabelText('Passphrase'), 'correct');
    await user.click(button('Unlock'));
    await waitFor(() => expect(composer()).toBeInTheDocument());
  });

  it('asks for no passphrase where the keyring is enough, and lets one be chosen', async () => {
    const user = await open('setup');
    expect(screen.queryByRole('button', { name: 'Go on without a passphrase' })).toBeNull();
    mock.state.passphrase = 'optional';
    mock.emit('state', mock.state);
    await user.click(await screen.findByRole('button', { name: 'Go on without a passphrase' }));
    await waitFor(() => expect(composer()).toBeInTheDocument());
    await user.keyboard('{Control>}l{/Control}');
    await waitFor(() => expect(button('Unlock')).toHaveFocus());
    expect(screen.queryByLabelText('Passphrase')).toBeNull();
    await clean();
    await user.keyboard('{Enter}');
    await waitFor(() => expect(composer()).toBeInTheDocument());
    await user.keyboard('{Control>},{/Control}');
    await user.click(await screen.findByRole('button', { name: 'Choose a passphrase' }));
    expect(screen.queryByLabelText('Present passphrase')).toBeNull();
    for (const field of ['New passphrase', 'Repeat passphrase'])
      await user.type(screen.getByLabelText(field), 'otter lamp violin meadow');
    await user.click(screen.getAllByRole('button', { name: 'Choose a passphrase' })[1]!);
    expect(await screen.findByRole('button', { name: 'Change passphrase' })).toBeInTheDocument();
  });

  it('leaves nothing of a conversation in the page, not even from a late event', async () => {
    const user = await open();
    mock.pause = 5;
    await user.type(composer(), 'a patient note, please{Enter}');
    await within(log()).findByText(/example note/);
    await user.keyboard('{Control>}l{/Control}');
    await screen.findByRole('button', { name: 'Unlock' });
    mock.turn({ kind: 'delta', turn: 'turn-1', conversation: 'c-turn-1', reasoning: '', text: 'late words' });
    await new Promise((done) => setTimeout(done, 40));
    expect(document.body).not.toHaveTextContent(/note|late words/);
  });
});

describe('reasoning', () => {
  it('is open while there is no answer yet, then folded, and opens again by the keyboard', async () => {
    const user = await open();
    mock.pause = 20;
    await user.type(composer(), 'think first{Enter}');
    const label = await screen.findByText('Thinking…');
    expect(label.closest('details')).toHaveAttribute('open');
    expect(label.closest('details')).toHaveTextContent('They want one word');
    const folded = await screen.findByText('Reasoning');
    expect(folded.closest('details')).not.toHaveAttribute('open');
    await screen.findByText(/tokens\/s/);
    await clean();
    await user.click(folded);
    expect(folded.closest('details')).toHaveAttribute('open');
    expect(within(log()).getByText(/Press/)).not.toHaveTextContent('one word');
  });
});

describe('the composer', () => {
  it('sends with Enter, breaks the line with Shift+Enter, and refuses what is blank', async () => {
    const user = await open();
    await user.type(composer(), '   {Enter}');
    expect(screen.queryByRole('log')).toBeNull();
    await user.clear(composer());
    await user.type(composer(), 'one{Shift>}{Enter}{/Shift}two');
    expect(composer()).toHaveValue('one\ntwo');
    await user.keyboard('{Enter}');
    await screen.findByText(/tokens\/s/);
    expect(composer()).toHaveValue('');
    expect(within(log()).getByRole('article', { name: 'You' })).toHaveTextContent('one two');
  });

  it('edits the last own message with Up, only when it is empty, and keeps both versions', async () => {
    const user = await open();
    await user.click(button('Example patient note'));
    await within(log()).findByText('Objective');
    await user.type(composer(), 'x{ArrowUp}');
    expect(composer()).toHaveValue('x');
    await user.clear(composer());
    await user.type(composer(), '{ArrowUp}');
    const field = screen.getByRole('textbox', { name: 'Edited message' });
    expect(field).toHaveFocus();
    await user.clear(field);
    await user.type(field, 'How do I lock Subrosa?{Enter}');
    await screen.findByText(/tokens\/s/);
    expect(await within(log()).findByText('2/2')).toBeInTheDocument();
    expect(within(log()).getAllByRole('article')).toHaveLength(2);
    expect(composer()).toHaveFocus();
  });

  it('marks what will be masked, and shows what the model will see', async () => {
    const user = await open();
    await user.type(composer(), 'Mail ann@example.org');
    expect(await screen.findByText('1 value found')).toBeInTheDocument();
    expect(document.querySelector('.behind mark')).toHaveTextContent('ann@example.org');
    await user.keyboard('{ArrowLeft}');
    expect(await screen.findByText(/E-mail address: the model will see \[EMAIL\]/)).toBeInTheDocument();
    await user.click(button('What the model will see'));
    expect(screen.getByRole('region', { name: 'What the model will see' })).toHaveTextContent('Mail [EMAIL]');
    await clean();
  });

  it('says why a value is hidden to the pointer, and to the caret', async () => {
    const user = await open();
    await user.type(composer(), 'Mail ann@example.org now');
    await screen.findByText('1 value found');
    const box = { left: 40, right: 160, top: 0, bottom: 20 } as DOMRect;
    expect(document.querySelector('.behind .mask')).toBeNull(); // a chip's style would move the text
    document.querySelector('.behind mark')!.getClientRects = () => [box] as unknown as DOMRectList;
    await fireEvent.mouseMove(composer(), { clientX: 50, clientY: 10 });
    expect(screen.getByText(/E-mail address: the model will see/)).toBeInTheDocument();
    await fireEvent.mouseMove(composer(), { clientX: 300, clientY: 10 });
    expect(screen.getByText('1 value found')).toBeInTheDocument();
    for (let i = 0; i < 6; i++) await user.keyboard('{ArrowLeft}');
    expect(screen.getByText(/E-mail address: the model will see/)).toBeInTheDocument();
  });

  it('uses stand-ins instead of masks where that is offered: the reader sees the value, and what the model sees', async () => {
    const user = await open();
    await user.type(composer(), 'How do I lock for ann@example.org?');
    await user.click(await screen.findByRole('button', { name: 'Use stand-ins instead' }));
    expect(composer()).toHaveFocus(); // not nowhere: the button is gone
    await user.click(button('What the model will see'));
    const preview = screen.getByRole('region', { name: 'What the model will see' });
    await waitFor(() => expect(preview).toHaveTextContent('for [EMAIL_1]?'));
    expect(button('As the policy says')).toBeInTheDocument();
    await user.click(composer());
    await user.keyboard('{Enter}');
    const chip = await within(log()).findByText('ann@example.org');
    expect(chip).toHaveAttribute('title', 'The model sees [EMAIL_1] in place of this: e-mail address');
    await clean();
    await screen.findByText(/tokens\/s/);
    await user.click(button('1 value hidden'));
    expect(screen.getByRole('dialog')).toHaveTextContent('e-mail address, shown to you alone');
  });

  it('offers templates after a slash', async () => {
    const user = await open();
    await user.type(composer(), '/soap');
    expect(await screen.findByRole('option', { name: /SOAP note/ })).toHaveAttribute('aria-selected', 'true');
    await clean();
    await user.keyboard('{Enter}');
    expect((composer() as HTMLTextAreaElement).value).toMatch(/^Write a SOAP note/);
  });

  it('keeps the message when the program refuses it, and says why', async () => {
    const user = await open();
    mock.app.Send = () =>
      Promise.reject({ code: 'disk_full', message: 'The disk is full.', hint: 'Free some space.' });
    await user.type(composer(), 'keep me{Enter}');
    expect(await screen.findByRole('alert')).toHaveTextContent('The disk is full.');
    await waitFor(() => expect(composer()).toHaveValue('keep me'));
  });

  it.each([
    ['Stop', async (user: ReturnType<typeof userEvent.setup>) => user.click(button('Stop'))],
    ['Esc', async (user: ReturnType<typeof userEvent.setup>) => user.keyboard('{Escape}')],
  ])('ends an answer with %s, and keeps what was written', async (_, stop) => {
    const user = await open();
    mock.pause = 15;
    await user.type(composer(), 'a note{Enter}');
    await within(log()).findByText(/Here is/);
    expect(screen.queryByRole('button', { name: 'Send' })).toBeNull();
    await stop(user);
    expect(await screen.findByText(/You stopped this answer/)).toBeInTheDocument();
    expect(log()).toHaveTextContent('Here is');
    expect(button('Send')).toBeInTheDocument();
    expect(composer()).toHaveFocus();
  });
});

describe('an answer', () => {
  it('is announced at its start and end, not word by word', async () => {
    const user = await open();
    const live = document.querySelector('[aria-live=polite]')!;
    const heard: string[] = [];
    new MutationObserver(() => heard.push(live.textContent)).observe(live, {
      ...{ childList: true, characterData: true, subtree: true },
    });
    mock.pause = 5;
    await user.type(composer(), 'How do I lock Subrosa?{Enter}');
    await screen.findByText(/tokens\/s/);
    expect(heard).toEqual(['Answer started.', 'Answer finished.']);
    expect(log()).toHaveAttribute('aria-live', 'off');
  });

  it('that fails says why and can be asked for again', async () => {
    const user = await open();
    await user.type(composer(), 'please crash{Enter}');
    const again = await screen.findByRole('button', { name: 'Send again' });
    expect(log()).toHaveTextContent('The engine stopped in the middle of the answer');
    await user.click(again);
    expect(await within(log()).findByText('2/2')).toBeInTheDocument();
    expect(screen.getAllByRole('article', { name: 'You' })).toHaveLength(1);
  });

  it('that does not fit is answered without the oldest messages only when asked', async () => {
    const user = await open();
    await user.type(composer(), 'overflow{Enter}');
    await screen.findByText(/no longer fits/);
    await clean();
    await user.click(button('Answer without the oldest messages'));
    await screen.findByText(/without the oldest 4 messages/);
    await user.type(composer(), 'overflow again{Enter}'); // once chosen, it holds for this conversation
    await waitFor(() => expect(screen.getAllByText(/without the oldest 4 messages/)).toHaveLength(2));
    await user.click(button('New conversation'));
    await user.type(composer(), 'overflow elsewhere{Enter}');
    await screen.findByText(/no longer fits/);
  });

  it('that does not fit is answered after a summary, which can be read', async () => {
    const user = await open();
    await user.type(composer(), 'hello{Enter}');
    await screen.findAllByText(/tokens\/s/);
    await user.type(composer(), 'overflow{Enter}');
    await screen.findByText(/no longer fits/);
    mock.pause = 20;
    await user.click(button('Summarise the oldest messages'));
    await screen.findByText('Summarising the oldest messages…');
    await waitFor(() => expect(screen.queryByText(/Summarising/)).toBeNull());
    mock.pause = 0;
    const summary = await screen.findByText('Summary of earlier messages');
    expect(mock.sent).toMatchObject({ summarise: true, leaveOut: false });
    const first = screen.getAllByRole('article', { name: 'Subrosa' })[0];
    expect(first).toContainElement(summary);
    expect(screen.getByText('leases')).not.toBeVisible();
    await user.click(summary);
    expect(screen.getByText('leases')).toBeVisible();
    expect(screen.getByText(/in place of the first 2 messages/)).toBeVisible();
    await clean();
    await user.type(composer(), 'and now{Enter}'); // it is a choice for the once
    await waitFor(() => expect(mock.sent).toMatchObject({ summarise: false }));
    await waitFor(() => expect(screen.getAllByText(/tokens\/s/)).toHaveLength(3));
  });

  it('stays as far back as it was looked at when it is read anew', async () => {
    const user = await open();
    mock.pageMessages = 1;
    await user.click(button('Example patient note'));
    await within(log()).findByText('Objective');
    await chat.lookBack();
    const ids = () => chat.messages.map((m) => m.id);
    const before = ids();
    expect(before.length).toBeGreaterThan(1);
    await chat.reload();
    expect(ids()).toEqual(before);
  });

  it('shows masked values as chips, and copies as it was written', async () => {
    const user = await open();
    await user.click(button('Example patient note'));
    await within(log()).findByText('Objective');
    expect(within(log()).getAllByText('[SSN]')[0]).toHaveAttribute(
      'title',
      expect.stringContaining('social security'),
    );
    await user.click(button('Copy answer'));
    await user.click(button('Copy code'));
    await user.keyboard('{Control>}{Shift>}c{/Shift}{/Control}');
    expect(mock.copied[0]).toContain('## Objective');
    expect(mock.copied[1]).toMatch(/^{\n {2}"complaint"/);
    expect(mock.copied[2]).toBe(mock.copied[0]);
  });

  it('copies what is selected through the program, and says why where policy forbids it', async () => {
    const user = await open();
    await user.click(button('Example patient note'));
    const heading = await within(log()).findByText('Objective');
    getSelection()?.selectAllChildren(heading);
    expect(await fireEvent.copy(heading)).toBe(false); // the web view must not do it by itself
    expect(mock.copied).toEqual(['Objective']);
    await user.type(composer(), 'a draft');
    composer<HTMLTextAreaElement>().setSelectionRange(2, 7);
    expect(await fireEvent.cut(composer())).toBe(false);
    expect(mock.copied[1]).toBe('draft');

    mock.status = { ...mock.status, copy: false };
    mock.emit('status', mock.status);
    await waitFor(() => expect(document.documentElement).toHaveClass('no-copy'));
    getSelection()?.selectAllChildren(heading);
    expect(await fireEvent.copy(heading)).toBe(false);
    await screen.findByText(/policy on this workstation does not allow that/);
    expect(mock.copied).toHaveLength(2);
  });
});

describe('the list of conversations', () => {
  it('is named, grouped, and renames and deletes after asking', async () => {
    const user = await open();
    const list = screen.getByRole('list', { name: 'Conversations' });
    expect(
      within(list)
        .getAllByRole('heading')
        .map((h) => h.textContent),
    ).toEqual(expect.arrayContaining(['Previous 7 days', 'Older']));
    await user.click(button('Rename Referral letter, cardiology'));
    await user.keyboard('Referral, Dr. Example{Enter}');
    await screen.findByRole('button', { name: 'Referral, Dr. Example' });
    await user.click(button('Delete Referral, Dr. Example'));
    await user.click(button('Cancel'));
    expect(button('Referral, Dr. Example')).toBeInTheDocument();
    await user.click(button('Delete Referral, Dr. Example'));
    await user.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Delete' }));
    await waitFor(() => expect(screen.queryByText('Referral, Dr. Example')).toBeNull());
  });
});

describe('the keyboard', () => {
  it('reaches every region with F6, and hides the sidebar', async () => {
    const user = await open();
    await user.click(button('Example patient note'));
    await within(log()).findByText('Objective');
    await waitFor(() => expect(composer()).toHaveFocus());
    const stops = [button(/^Offline/), button('New conversation'), log(), composer()];
    for (const stop of stops) {
      await user.keyboard('{F6}');
      expect(stop).toHaveFocus();
    }
    await user.keyboard('{Shift>}{F6}{/Shift}');
    expect(log()).toHaveFocus();
    await user.keyboard('{Control>}b{/Control}');
    expect(screen.queryByRole('list', { name: 'Conversations' })).toBeNull();
    await user.keyboard('{Control>}b{/Control}');
  });

  it('opens a new conversation with Ctrl+N and the shortcuts with ?', async () => {
    const user = await open();
    await user.click(button('Example patient note'));
    await within(log()).findByText('Objective');
    await user.keyboard('{Control>}n{/Control}');
    await screen.findByText('What can I help you with?');
    button('New conversation').focus();
    await user.keyboard('?');
    expect(screen.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeInTheDocument();
    await user.keyboard('{Control>}n{/Control}');
    expect(screen.getByRole('dialog')).toBeInTheDocument();
  });
});

describe('finding and keeping', () => {
  it('searches commands, conversations and messages in one list', async () => {
    const user = await open();
    await user.keyboard('{Control>}k{/Control}');
    await user.keyboard('chest');
    const hit = await screen.findByRole('option', { name: /intermittent/ });
    await clean();
    await user.click(hit);
    await within(log()).findByText('Objective');
    expect(document.querySelector('.sought')).not.toBeNull();
  });

  it('shows one matter, and makes and deletes matters', async () => {
    const user = await open();
    await user.selectOptions(screen.getByRole('combobox', { name: 'Matter shown' }), 'Harbour lease');
    expect(screen.queryByRole('button', { name: 'Example patient note' })).toBeNull();
    await user.click(button('Matters…'));
    await user.type(screen.getByRole('textbox', { name: 'Name of the matter' }), 'Ward 4{Enter}');
    expect(await screen.findByRole('textbox', { name: 'Rename Ward 4' })).toBeInTheDocument();
    await clean();
    await user.click(button('Delete Ward 4'));
    await user.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Delete' }));
    await waitFor(() => expect(screen.queryByText('Ward 4')).toBeNull());
  });

  it('does one thing to several conversations', async () => {
    const user = await open();
    await user.click(button('Select several'));
    await user.click(screen.getByLabelText('Select Example patient note'));
    await user.click(screen.getByLabelText('Select Shorten the extension clause'));
    expect(screen.getByText('2 selected')).toBeInTheDocument();
    await clean();
    await user.selectOptions(screen.getByLabelText('Move to…'), 'ward');
    await waitFor(() =>
      expect(mock.list.filter((c) => c.matter === 'ward').map((c) => c.id)).toHaveLength(2),
    );
    await user.click(button('Pin'));
    await waitFor(() => expect(mock.list.filter((c) => c.matter === 'ward' && c.pinned)).toHaveLength(2));
    await user.click(await screen.findByText('Unpin'));
    await waitFor(() => expect(mock.list.some((c) => c.matter === 'ward' && c.pinned)).toBe(false));
    const before = mock.list.length;
    await user.click(within(screen.getByRole('toolbar')).getByText('Delete'));
    expect(screen.getByRole('dialog')).toHaveTextContent('2 conversations and all messages in them');
    await user.click(within(screen.getByRole('dialog')).getByText('Delete'));
    await waitFor(() => expect(mock.list).toHaveLength(before - 2));
    expect(await screen.findByText('0 selected')).toBeInTheDocument();
    await user.click(button('Done'));
    expect(screen.queryByRole('toolbar')).toBeNull();
  });

  it('deletes a message after asking, and regenerates an answer', async () => {
    const user = await open();
    await user.click(button('Example patient note'));
    await within(log()).findByText('Objective');
    await user.click(within(log()).getByRole('button', { name: 'Regenerate' }));
    await screen.findByText(/tokens\/s/);
    expect(await within(log()).findByText('2/2')).toBeInTheDocument();
    await user.click(within(log()).getAllByRole('button', { name: 'Delete message' })[0]!);
    await user.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Delete' }));
    expect(await within(log()).findByText('This message was deleted.')).toBeInTheDocument();
  });
});

describe('thinking', () => {
  it('can be chosen for a conversation where the model lets one', async () => {
    const user = await open();
    expect(screen.queryByRole('button', { name: 'Think first' })).toBeNull();
    mock.status = { ...mock.status, model: { ...mock.status.model, thinks: true } };
    mock.emit('status', mock.status);
    const think = await screen.findByRole('button', { name: 'Think first' });
    expect(think).toHaveAttribute('aria-pressed', 'false');
    await user.click(think);
    expect(think).toHaveAttribute('aria-pressed', 'true');
    await user.type(composer(), 'why?{Enter}');
    await screen.findByText(/tokens\/s/);
    expect(mock.sent?.think).toBe(true);
    await clean();
    await user.click(button('Example patient note')); // which goes on without
    await within(log()).findByText('Objective');
    expect(think).toHaveAttribute('aria-pressed', 'false');
  });
});

describe('reading ahead', () => {
  it('is asked for once for each message that is begun, and not in a temporary chat', async () => {
    const user = await open();
    await user.click(button('Shorten the extension clause'));
    await screen.findByText(/You stopped this answer/);
    expect(mock.readAhead).toEqual([]); // looking at a conversation reads nothing
    await user.type(composer(), 'and then');
    const [id] = mock.readAhead;
    expect(mock.readAhead).toEqual([id]);
    expect(id).not.toBe('');
    await user.type(composer(), ' what?{Enter}');
    await screen.findByText(/tokens\/s/);
    expect(mock.readAhead).toEqual([id]);
    await user.type(composer(), 'more');
    expect(mock.readAhead).toEqual([id, id]);
    await user.keyboard('{Control>}n{/Control}');
    await user.type(composer(), 'new');
    expect(mock.readAhead).toEqual([id, id, '']);
    await user.keyboard('{Control>}{Shift>}n{/Shift}{/Control}');
    await user.type(composer(), 'passing');
    expect(mock.readAhead).toHaveLength(3);
    await user.clear(composer());
  });
});

describe('a temporary chat', () => {
  it('is in no list, keeps no draft, cannot be exported, and is forgotten when it is left', async () => {
    const user = await open();
    const kept = vi.spyOn(mock.app, 'SetDraft');
    await user.keyboard('{Control>}{Shift>}n{/Shift}{/Control}');
    expect(await screen.findByText(/when you leave it or lock, it is gone/)).toBeInTheDocument();
    await user.type(composer(), 'passing{Enter}');
    await screen.findByText(/tokens\/s/);
    await clean();
    expect(screen.getByText('Not kept')).toBeInTheDocument();
    expect(screen.queryByText('passing', { selector: '.open' })).toBeNull();
    expect(screen.queryByLabelText('Export conversation')).toBeNull();
    expect(screen.queryByLabelText('Delete message')).toBeNull();
    await user.type(composer(), 'half a thought');
    await new Promise((done) => setTimeout(done, 600));
    expect(kept.mock.calls.filter(([, text]) => text)).toEqual([]);
    expect(mock.forgotten).toBe(0);
    await user.keyboard('{Control>}n{/Control}');
    expect(mock.forgotten).toBe(1);
    expect(composer()).toHaveValue('');
    expect(screen.queryByRole('log')).toBeNull();
  });

  it('is not offered where policy does not allow it', async () => {
    const user = await open();
    mock.status = { ...mock.status, temporary: false };
    mock.emit('status', mock.status);
    await waitFor(() => expect(screen.queryByText('Temporary chat')).toBeNull());
    await user.keyboard('{Control>}{Shift>}n{/Shift}{/Control}');
    expect(screen.queryByText(/when you leave it or lock/)).toBeNull();
  });
});

describe('taking several conversations along', () => {
  it('writes each to a file of its own, can be cancelled, and says what was not written and why', async () => {
    const user = await open();
    let end = () => {};
    mock.writing = new Promise((done) => (end = done));
    await user.click(button('Select several'));
    const exporter = () => within(screen.getByRole('toolbar')).getByRole('button', { name: 'Export' });
    expect(exporter()).toBeDisabled();
    await user.click(screen.getByLabelText('Select Example patient note'));
    await user.click(screen.getByLabelText('Select Shorten the extension clause'));
    await user.click(exporter());
    const dialog = within(screen.getByRole('dialog'));
    await user.click(await dialog.findByLabelText('Markdown'));
    expect(screen.getByRole('dialog')).toHaveTextContent(/2 conversations.*a file of its own/);
    await fireEvent.input(dialog.getByLabelText('File name'), { target: { value: 'ward' } });
    await user.click(dialog.getByRole('button', { name: 'Export' }));
    expect(await dialog.findByText('Writing 50%')).toBeInTheDocument();
    await user.click(dialog.getByRole('button', { name: 'Cancel' }));
    expect(mock.cancelled).toEqual(['take-along']);
    await clean();
    end();
    expect(await dialog.findByRole('alert')).toHaveTextContent(
      /^1 of 2 were not written: Shorten the extension clause: The disk is full/,
    );
    expect(dialog.getByText(/^Example patient note: .*ward-1\.md, .*entry 128\./)).toBeInTheDocument();
    expect(mock.taken.map((q) => [q.conversation, q.format, q.name])).toEqual([
      ['note', 'md', 'ward'],
      ['clause', 'md', 'ward'],
    ]);
    await clean();
  });
});

describe('taking a conversation along', () => {
  async function dialog(user: Awaited<ReturnType<typeof open>>) {
    await user.click(button('Example patient note'));
    await within(log()).findByText('Objective');
    await user.keyboard('{Control>}{Shift>}e{/Shift}{/Control}');
    await screen.findByLabelText('PDF');
  }

  it('asks for format and place, and says what was written and where it is on record', async () => {
    const user = await open();
    await dialog(user);
    const stick = await screen.findByLabelText(/COMPLIANCE/);
    expect(screen.getByLabelText('PDF')).toBeChecked();
    expect(screen.getByLabelText('Folder')).toHaveValue('/home/clinician');
    expect(screen.getByRole('dialog')).toHaveTextContent('It is not encrypted');
    await clean();
    await user.click(screen.getByLabelText('Word (DOCX)'));
    await user.click(stick);
    await fireEvent.input(screen.getByLabelText('File name'), { target: { value: 'note' } });
    await user.click(screen.getByLabelText(/^Encrypt it to 2 recipients/));
    expect(screen.getByRole('dialog')).toHaveTextContent('only 2 recipients of the policy can read it');
    await user.click(button('Export'));
    await screen.findByText(/COMPLIANCE\/note\.docx\.age.*on record as entry 128/);
    expect(mock.taken).toEqual([
      {
        ...{ conversation: 'note', format: 'docx', folder: '/media/clinician/COMPLIANCE', name: 'note' },
        ...{ sealed: true, values: false },
      },
    ]);
    await clean();
  });

  it('says that policy does not allow it', async () => {
    const user = await open();
    mock.app.ExportTerms = async () => ({ formats: [], plain: false, recipients: 0, folder: '' });
    await user.click(button('Example patient note'));
    await user.click(await screen.findByRole('button', { name: 'Export conversation' }));
    expect(await screen.findByText(/does not let conversations be exported/)).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Export' })).toBeNull();
  });

  it('says what went wrong, and keeps what was filled in', async () => {
    const user = await open();
    await dialog(user);
    mock.app.ExportConversation = () =>
      Promise.reject({
        code: 'export_exists',
        message: 'A file of that name is there.',
        hint: 'Choose another.',
      });
    await user.click(button('Export'));
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'A file of that name is there. Choose another.',
    );
    expect(screen.getByLabelText('Folder')).toHaveValue('/home/clinician');
  });
});

describe('the views for compliance and IT', () => {
  const go = async (name: string) => {
    const user = await open();
    await user.click(within(screen.getByRole('navigation', { name: 'Views' })).getByRole('button', { name }));
    return user;
  };

  it('the record: filters, one entry with its proof, a verification, an export', async () => {
    const user = await go('Record');
    await user.click(await screen.findByRole('button', { name: 'Entry 127' }));
    expect(await screen.findByText(/stands in the tree/)).toBeInTheDocument();
    await clean();
    await user.selectOptions(screen.getByRole('combobox', { name: 'Action' }), 'Prompt');
    await user.click((await screen.findAllByRole('button', { name: /^Entry/ }))[0]!);
    await user.click(button('Only entries of this conversation'));
    expect(screen.getByRole('textbox', { name: 'Conversation' })).toHaveValue('note');
    await user.click(button('Show all'));
    await user.click(button('Verify now'));
    expect(await screen.findByText(/128 entries verified/)).toBeInTheDocument();
    await user.selectOptions(screen.getByRole('combobox', { name: 'Action' }), 'Unlocked');
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Entry 127' })).toBeNull());
    const until = screen.getByLabelText('Until');
    await fireEvent.input(until, { target: { value: '2999-12-31' } });
    await fireEvent.change(until);
    await user.click(button('Back to chat'));
    await user.click(button('Record'));
    expect(screen.getByLabelText('Until')).toHaveValue('2999-12-31'); // it still narrows, so it is still shown
    await user.click(button('Show all'));
    await user.click(button('Export to a stick'));
    await user.click(await screen.findByRole('radio', { name: /COMPLIANCE/ }));
    await clean();
    await user.click(button('Write'));
    expect(await screen.findByText(/128 entries, .* lie in/)).toBeInTheDocument();
  });

  it('the record: its OCSF and FHIR files are compressed where that is asked for', async () => {
    const user = await go('Record');
    const asked: boolean[] = [];
    const write = mock.app.ExportRecord;
    mock.app.ExportRecord = async (q) => {
      asked.push(q.compress);
      return write(q);
    };
    await user.click(button('Export to a stick'));
    await user.click(await screen.findByRole('radio', { name: /COMPLIANCE/ }));
    await user.click(button('Write'));
    expect(await screen.findByText(/128 entries, 412 kB, lie in/)).toBeInTheDocument();
    await user.click(screen.getByRole('checkbox', { name: /^Compress OCSF and FHIR files/ }));
    expect(screen.getByText(/\.gz: gunzip/)).toBeInTheDocument();
    await clean();
    await user.click(button('Write'));
    expect(await screen.findByText(/128 entries, 96\.0 kB, lie in/)).toBeInTheDocument();
    expect(asked).toEqual([false, true]);
  });

  it('the record: what does not verify is copied as evidence, and not called an export', async () => {
    const user = await go('Record');
    mock.app.ExportRecord = async () => ({
      ...{ path: '/x/subrosa-evidence', entries: 0, bytes: 0, resumed: 0 },
      ...{
        evidence: true,
        unrecorded: { code: 'audit_broken', message: 'The record is broken.', hint: 'Tell compliance.' },
      },
    });
    await user.click(button('Export to a stick'));
    await user.click(await screen.findByRole('radio', { name: /COMPLIANCE/ }));
    await user.click(button('Write'));
    expect(await screen.findByRole('alert')).toHaveTextContent(/does not verify.*subrosa-evidence/);
    expect(screen.queryByText(/read back and verified/)).toBeNull();
  });

  it('the record: what a witness cosigned is taken back, and what is none is refused', async () => {
    const user = await go('Record');
    await user.click(await screen.findByRole('button', { name: 'Take back a witness' }));
    const form = within(screen.getByRole('form', { name: 'Take back a witness' }));
    expect(form.getByRole('button', { name: 'Take back' })).toBeDisabled();
    const take = async (content: string) => {
      await user.upload(form.getByLabelText('Cosigned file'), new File([content], 'x.cosigned'));
      await waitFor(() =>
        expect(form.getByRole('textbox', { name: 'or what is in it' })).toHaveValue(content),
      );
      await user.click(form.getByRole('button', { name: 'Take back' }));
    };
    await take('nothing of the kind');
    expect(await form.findByRole('alert')).toBeInTheDocument();
    await take('subrosa/0123');
    expect(await form.findByText(/witness has signed the first 128 entries/)).toBeInTheDocument();
    await clean();
  });

  it('the models: facts, verification, import', async () => {
    const user = await go('Models');
    expect(
      await screen.findByText(/of 23.7 GB free, with 1,024 tokens at once, which are kept in 8 bits/),
    ).toBeInTheDocument();
    expect(
      screen.getByText(/^3 of 5 layers by A graphics card, with 6.* of 4.1 GB free there$/),
    ).toBeInTheDocument();
    await user.click((await screen.findAllByRole('button', { name: 'Verify' }))[0]!);
    expect(await screen.findByText(/is what was sealed/)).toBeInTheDocument();
    await clean();
    await user.type(screen.getByRole('textbox', { name: /Folder of the package/ }), '/media/none{Enter}');
    expect(await screen.findByRole('alert')).toHaveTextContent('package');
  });

  it('the models: making passages ready to be found is stopped, goes on, and is tried again after a failure', async () => {
    await open();
    const fault = { code: 'engine_crashed', message: 'The engine ended.', hint: 'Try again.' };
    const user = userEvent.setup();
    await user.click(button('Models'));
    expect(await screen.findByText(/^212 of 480 pages/)).toBeInTheDocument();
    expect(screen.getByRole('progressbar', { name: 'Passages are being prepared' })).toHaveValue(212);
    mock.finding = { ...mock.finding, pages: 300 };
    expect(await screen.findByText(/^300 of 480 pages/, {}, { timeout: 5000 })).toBeInTheDocument();
    await clean();
    await user.click(button('Cancel'));
    expect(await screen.findByText(/^Stopped/)).toBeInTheDocument();
    expect(mock.finding.paused).toBe(true);
    await clean();
    await user.click(button('Go on'));
    await screen.findByRole('button', { name: 'Cancel' });
    mock.finding = { ...mock.finding, fault };
    await user.click(await screen.findByRole('button', { name: 'Try again' }, { timeout: 5000 }));
    await screen.findByRole('button', { name: 'Cancel' });
    expect(mock.finding.fault).toBeNull();
  });

  it('how a model is loaded: what would come of it, and used so', async () => {
    const user = await go('Models');
    await user.click((await screen.findAllByRole('button', { name: 'How it is loaded' }))[0]!);
    const form = within(await screen.findByRole('group', { name: 'How it is loaded' }));
    expect(await form.findByText(/1,024 tokens at once.*computed by 3 of 5 layers/)).toBeInTheDocument();
    await user.type(form.getByRole('spinbutton', { name: 'Tokens at once' }), '512');
    await user.click(form.getByRole('radio', { name: '16 bits' }));
    await user.click(form.getByRole('radio', { name: 'the processor' }));
    expect(await form.findByText(/with 512 tokens at once; computed by the processor/)).toBeInTheDocument();
    await clean();
    await user.click(form.getByRole('button', { name: 'Use it so' }));
    expect(mock.used?.wish).toEqual({ context: 512, processor: true, cache: 'f16' });
    await user.type(form.getByRole('spinbutton', { name: 'Tokens at once' }), '0');
    expect(await form.findByText(/too little/)).toBeInTheDocument();
    expect(form.getByRole('button', { name: 'Use it so' })).toBeDisabled();
  });

  it('the policy, explained', async () => {
    const user = await go('Policy');
    expect(await screen.findByText('unlock.idle_minutes')).toBeInTheDocument();
    await clean();
    await user.click(screen.getByRole('checkbox', { name: 'Only what differs' }));
    expect(screen.queryByText('limits.prompt_bytes')).toBeNull();
  });

  it('the record: what a day held, in entries and in tokens, for who does not see the bars', async () => {
    await go('Record');
    expect(
      await screen.findByLabelText(/^\d+ entries in the last 30 days, at most \d+ a day/),
    ).toBeInTheDocument();
    expect(
      screen.getByLabelText(/^[\d,]+ tokens in the last 30 days, at most [\d,]+ a day/),
    ).toBeInTheDocument();
  });

  it('the posture, with evidence', async () => {
    await go('Posture');
    expect(await screen.findByText(/14 ways out blocked/)).toBeInTheDocument();
    await clean();
  });

  it('the posture, copied in the words of the window', async () => {
    const user = await go('Posture');
    await user.click(await screen.findByRole('button', { name: 'Copy report' }));
    await waitFor(() => expect(mock.copied.at(-1)).toMatch(/^Subrosa, 20.*\nholds\t.*14 ways out blocked/s));
    await user.keyboard('{Control>},{/Control}');
    await user.click(screen.getByLabelText('Deutsch'));
    await user.click(button('Nachweise'));
    const rows = screen.getAllByRole('row').slice(1);
    await user.click(await screen.findByRole('button', { name: 'Bericht kopieren' }));
    const shown = rows.map((row) => {
      const [control, result, evidence] = [...row.children].map((cell) => cell.textContent);
      return [result, control, evidence].join('\t');
    });
    expect(shown[0]).toMatch(/^hält/);
    await waitFor(() => expect(mock.copied.at(-1)?.split('\n').slice(1)).toEqual(shown));
  });

  it('the keys and templates in the settings', async () => {
    const user = await go('Settings');
    await user.click(await screen.findByRole('button', { name: 'Change passphrase' }));
    expect(screen.getByLabelText('Present passphrase')).toHaveFocus();
    await user.type(screen.getByRole('textbox', { name: 'Name' }), 'Mine');
    await user.type(screen.getByRole('textbox', { name: 'Text' }), 'Mail ann@example.org');
    await user.click(button('Add template'));
    expect(await screen.findByText('Mine')).toBeInTheDocument();
    await clean();
  });
});

describe('the status strip and the theme', () => {
  it('says what does not hold', async () => {
    await open();
    const bad = structuredClone(mock.status);
    bad.offline.ok = false;
    bad.record.healthy = false;
    Object.assign(bad.model, { state: 'loading', progress: 0.5 });
    mock.emit('status', bad);
    expect(await screen.findByRole('button', { name: /^Not offline/ })).toBeInTheDocument();
    expect(button(/^Record: 128 entries, broken/)).toBeInTheDocument();
    expect(button(/^Model: Subrosa Demo, loading 50%/)).toBeInTheDocument();
  });

  it('keeps the chosen theme with the program', async () => {
    const user = await open();
    await user.keyboard('{Control>},{/Control}');
    await user.click(screen.getByRole('radio', { name: 'Dark' }));
    expect(document.documentElement.dataset.theme).toBe('dark');
    expect(mock.preferences.theme).toBe('dark');
    const colours = within(screen.getByRole('radiogroup', { name: 'Theme' }));
    await user.click(colours.getByLabelText('Same as the system'));
    expect(document.documentElement.dataset.theme).toBe('light');
  });

  it('makes the text larger, by keys too, and keeps that with the program', async () => {
    const user = await open();
    const text = () => document.documentElement.style.getPropertyValue('--text');
    expect(text()).toBe('1');
    await user.keyboard('{Control>},{/Control}');
    await user.click(screen.getByRole('radio', { name: '175%' }));
    expect(mock.preferences.text).toBe('175');
    await user.keyboard('{Control>}+{/Control}');
    await user.keyboard('{Control>}+{/Control}'); // there is no larger one
    expect(screen.getByRole('radio', { name: '200%' })).toBeChecked();
    expect([text(), mock.preferences.text]).toEqual(['2', '200']);
    await clean();
    await user.keyboard('{Control>}-{/Control}{Control>}k{/Control}{Control>}-{/Control}'); // in a dialog too
    expect(text()).toBe('1.5');
    mock.enter('locked');
    await screen.findByRole('button', { name: 'Unlock' });
    expect(text()).toBe('1.5'); // it must be read
    await user.keyboard('{Control>}0{/Control}');
    expect([text(), mock.preferences.text]).toEqual(['1', '150']);
  });

  it('speaks another language at once, keeps the choice with the program, and forgets it with the lock', async () => {
    const user = await open();
    await user.keyboard('{Control>},{/Control}');
    await user.click(screen.getByLabelText('Deutsch'));
    expect(await screen.findByRole('button', { name: 'Passphrase ändern' })).toBeInTheDocument();
    expect(document.documentElement.lang).toBe('de');
    expect(mock.preferences).toEqual({ theme: 'system', language: 'de', text: '100' });
    await clean();
    mock.app.Send = () =>
      Promise.reject({ code: 'disk_full', message: 'The disk is full.', hint: 'Free some space.' });
    await user.click(button('Zum Gespräch'));
    await user.type(screen.getByRole('textbox', { name: 'Nachricht' }), 'x{Enter}');
    expect(await screen.findByRole('alert')).toHaveTextContent(
      /^Die Festplatte ist voll.*Schaffen Sie Platz/,
    );
    await user.keyboard('{Control>}l{/Control}');
    expect(await screen.findByRole('button', { name: 'Unlock' })).toBeInTheDocument();
    expect(document.documentElement.lang).toBe('en');
  });

  it('explains every message on a page of help, which can be searched', async () => {
    const user = await open();
    await user.click(button('Shortcuts'));
    await user.click(button('What messages mean'));
    expect(
      await screen.findByText('The disk is full, so nothing was sent to the model.'),
    ).toBeInTheDocument();
    await clean();
    await user.type(screen.getByLabelText('Search the messages'), 'guess');
    expect(screen.queryByText(/The disk is full/)).toBeNull();
    expect(screen.getByText('passphrase_weak')).toBeInTheDocument();
  });
});

it('keeps what was typed last when the program is about to lock', async () => {
  const user = await open();
  await user.type(composer(), 'the last half second');
  mock.emit('locking');
  await waitFor(() => expect(mock.draftsKept).toBe(1));
  expect(await mock.app.Draft('')).toBe('the last half second');
});
