// The whole window against the mock bridge: what a person does, and what then is on the screen.
import { cleanup, render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { afterEach, describe, expect, it } from 'vitest';
import App from './App.svelte';
import { install, type MockApp } from './dev/mock';

let mock: MockApp;

async function open(phase: 'setup' | 'locked' | 'ready' | 'failed' = 'ready') {
  mock = install(phase);
  mock.pause = 0;
  render(App);
  await waitFor(() => expect(document.querySelector('.starting')).toBeNull());
  if (phase === 'ready') await screen.findByRole('button', { name: 'Example patient note' });
  return userEvent.setup();
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

const composer = () => screen.getByRole('textbox', { name: 'Message' });
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
    expect(screen.getAllByText('Blocked')).toHaveLength(6);
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

  it('leaves nothing of a conversation in the page, not even from a late event', async () => {
    const user = await open();
    mock.pause = 5;
    await user.type(composer(), 'a patient note, please{Enter}');
    await within(log()).findByText(/example note/);
    await user.keyboard('{Control>}l{/Control}');
    await screen.findByRole('button', { name: 'Unlock' });
    mock.turn({ kind: 'delta', turn: 'turn-1', conversation: 'c-turn-1', text: 'late words' });
    await new Promise((done) => setTimeout(done, 40));
    expect(document.body).not.toHaveTextContent(/note|late words/);
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

  it('brings the last own message back with Up, only when it is empty', async () => {
    const user = await open();
    await user.click(button('Example patient note'));
    await within(log()).findByText('Objective');
    await user.type(composer(), '{ArrowUp}');
    expect(composer()).toHaveValue(
      'Write an example patient note with made-up identifiers.\nReply to [EMAIL].',
    );
    await user.clear(composer());
    await user.type(composer(), 'x{ArrowUp}');
    expect(composer()).toHaveValue('x');
  });

  it('keeps the message when the program refuses it, and says why', async () => {
    const user = await open();
    mock.app.Send = () =>
      Promise.reject({ code: 'disk_full', message: 'The disk is full.', hint: 'Free some space.' });
    await user.type(composer(), 'keep me{Enter}');
    expect(await screen.findByRole('alert')).toHaveTextContent('The disk is full.');
    expect(composer()).toHaveValue('keep me');
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
    await waitFor(() => expect(screen.getAllByRole('article', { name: 'You' })).toHaveLength(2));
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
    await user.click(screen.getByRole('radio', { name: 'Same as the system' }));
    expect(document.documentElement.dataset.theme).toBe('light');
  });
});
