// Documents in the whole window, against the mock bridge.
import { cleanup, render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import App from './App.svelte';
import { install, type MockApp } from './dev/mock';

let mock: MockApp;

async function open(files: string[] = []) {
  mock = install('ready');
  mock.pause = 0;
  mock.picked = files;
  render(App);
  await screen.findByRole('button', { name: 'Example patient note' });
  const user = userEvent.setup();
  await user.clear(composer());
  return user;
}

afterEach(() => {
  vi.restoreAllMocks();
  mock.enter('locked');
  cleanup();
});

async function clean(): Promise<void> {
  const options = { rules: { 'color-contrast': { enabled: false } } }; // jsdom has no layout; tokens.test.ts measures it
  const { violations } = await axe.run(document, options);
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`)).toEqual([]);
}

const composer = () => screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Message' });
const button = (name: string | RegExp) => screen.getByRole('button', { name });
const chips = () => screen.findByRole('list', { name: 'Documents that answers are made from' });

describe('a document', () => {
  it('that is added to a new chat begins its conversation, and the draft goes along', async () => {
    const user = await open(['/home/x/Lease.pdf']);
    await user.type(composer(), 'What is');
    await user.click(button('Add documents'));
    expect(await within(await chips()).findByText('3 pages')).toBeInTheDocument();
    expect(button('Lease.pdf')).toBeInTheDocument(); // in the list of conversations
    expect(composer()).toHaveValue('What is');
    await clean();
  });

  it('that fills what the model can take in is named where a conversation is too long', async () => {
    const user = await open(['/home/x/Lease.pdf']);
    await user.click(button('Add documents'));
    await within(await chips()).findByText('3 pages');
    await user.type(composer(), 'overflow{Enter}');
    expect(await screen.findByText(/documents of this conversation fill/)).toBeInTheDocument();
  });

  it('is cited: a number opens its page at the passage, Esc closes it and gives the focus back', async () => {
    const user = await open(['/home/x/note of lease.pdf']);
    await user.click(button('Add documents'));
    await within(await chips()).findByText('3 pages');
    mock.answer = 'Three months [2], not [9].';
    await user.type(composer(), 'How long?{Enter}');
    const cite = await screen.findByRole('button', { name: 'Show source 2' });
    expect(screen.queryByRole('button', { name: 'Show source 9' })).toBeNull();
    expect(screen.getByRole('region', { name: 'Sources' })).toHaveTextContent('note of lease.pdf whole');
    cite.focus();
    await user.keyboard('{Enter}');
    const panel = await screen.findByRole('complementary', { name: 'Source' });
    await within(panel).findByText('The notice period is three months, as clause 2 says.', {
      selector: 'mark',
    });
    await waitFor(() => expect(within(panel).getByRole('region', { name: 'page 2' })).toHaveFocus());
    await clean();
    await user.click(within(panel).getByRole('button', { name: 'Next page' }));
    await within(panel).findByText('Page 3 of 3');
    expect(panel.querySelector('mark')).toBeNull();
    expect(within(panel).getByRole('button', { name: 'Next page' })).toBeDisabled();
    await user.keyboard('{Escape}');
    expect(screen.queryByRole('complementary', { name: 'Source' })).toBeNull();
    expect(screen.getByRole('button', { name: 'Show source 2' })).toHaveFocus();
  });

  it('shows its page as it looks, as wide as the panel, and arrows turn the page', async () => {
    vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(400);
    const user = await open(['/x/note of lease.pdf', '/x/other.txt']);
    await user.click(button('Add documents'));
    await waitFor(async () => expect(within(await chips()).getAllByText('3 pages')).toHaveLength(2));
    mock.answer = 'Three months [2].';
    await user.type(composer(), 'How long?{Enter}');
    await user.click(await screen.findByRole('button', { name: 'Show source 2' }));
    const panel = await screen.findByRole('complementary', { name: 'Source' });
    const picture = await within(panel).findByRole('img', { name: /The page as it looks/ });
    expect(picture).toHaveAttribute('src', expect.stringMatching(/^data:image\/png;base64,iVBOR/));
    expect(panel.querySelectorAll('rect')).toHaveLength(1);
    await clean();
    await waitFor(() => expect(within(panel).getByRole('region', { name: 'page 2' })).toHaveFocus());
    await user.keyboard('{ArrowRight}');
    await within(panel).findByText('Page 3 of 3');
    await within(panel).findByRole('region', { name: 'Picture of page 3' });
    await waitFor(() =>
      expect(mock.drawn).toEqual([
        { page: 2, width: 400 },
        { page: 3, width: 400 },
      ]),
    );
    await waitFor(() => expect(within(panel).getByRole('img')).toBeInTheDocument());
    expect(panel.querySelector('rect')).toBeNull();
    await user.keyboard('{ArrowRight}{ArrowLeft}');
    await within(panel).findByText('Page 2 of 3');
    await user.click(within(panel).getByRole('button', { name: 'Show the page larger' }));
    expect(within(panel).getByRole('button', { name: 'Show the page beside the chat' })).toBeInTheDocument();
    await user.click(button('[4] page 1, other.txt: show the passage'));
    expect(await within(panel).findByText(/has no pages to show/)).toBeInTheDocument();
    expect(within(panel).getByRole('region', { name: 'page 1' })).toHaveTextContent('Page 1 begins here.');
    await clean();
  });

  it('is found by its name and by its words, and opens where they stand', async () => {
    const user = await open(['/x/lease.pdf']);
    await user.click(button('Add documents'));
    await within(await chips()).findByText('3 pages');
    await user.click(button('Example patient note'));
    await user.keyboard('{Control>}k{/Control}');
    const field = screen.getByRole('combobox', { name: /^Search conversations/ });
    await user.type(field, 'clause 2');
    const found = await screen.findByRole('option', { name: /In documents.*lease.pdf, page 2.*clause 2/ });
    await clean();
    await user.click(found);
    const panel = await screen.findByRole('complementary', { name: 'Source' });
    await within(panel).findByText(/as clause 2 says/, { selector: 'mark' });
    expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('lease.pdf');
    await user.keyboard('{Escape}{Control>}k{/Control}');
    await user.type(screen.getByRole('combobox', { name: /^Search conversations/ }), 'LEASE.P');
    await screen.findByRole('option', { name: /^Documents lease.pdf/ });
    await user.keyboard('{ArrowDown}');
    const offered = within(screen.getByRole('listbox'));
    expect(offered.getByRole('option', { selected: true })).toHaveTextContent(/^Documents\s*lease.pdf/);
    await user.keyboard('{Enter}');
    await within(await screen.findByRole('complementary', { name: 'Source' })).findByText('Page 1 of 3');
  });

  it('can be used while it is read, and its reading be stopped', async () => {
    const user = await open(['/x/big.slow']);
    await user.click(button('Add documents'));
    const list = await chips();
    await within(list).findByText('reading page 1 of 3');
    expect(within(list).getByRole('progressbar', { name: 'Reading big.slow' })).toHaveValue(1);
    await clean();
    await user.type(composer(), 'What of it?{Enter}');
    expect(await screen.findByText('1 passage, 1 page read by then')).toBeInTheDocument();
    await user.click(button('Stop reading big.slow'));
    expect(await within(list).findByText('1 of 3 pages read, then stopped')).toBeInTheDocument();
  });

  it('that cannot be read says why', async () => {
    const user = await open(['/x/odd.bin']);
    await user.click(button('Add documents'));
    expect(await within(await chips()).findByText(/not a kind of document/)).toBeInTheDocument();
    await user.click(within(await chips()).getByRole('button', { name: 'Delete odd.bin' }));
    await user.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Delete' }));
    await waitFor(() => expect(mock.documents).toEqual([]));
    expect(screen.queryByRole('list', { name: 'Documents that answers are made from' })).toBeNull();
  });

  it('that is dropped is added; in a temporary chat, or where policy has none, it is not', async () => {
    const user = await open();
    mock.emit('wails:file-drop', undefined);
    mock.drop(['/x/dropped.pdf']);
    await within(await chips()).findByText('dropped.pdf');
    await user.keyboard('{Control>}{Shift>}n{/Shift}{/Control}');
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Add documents' })).toBeNull());
    mock.drop(['/x/two.pdf']);
    await user.keyboard('{Control>}n{/Control}');
    mock.status = { ...mock.status, documents: false };
    mock.emit('status', mock.status);
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Add documents' })).toBeNull());
    mock.drop(['/x/three.pdf']);
    await new Promise((done) => setTimeout(done, 20));
    expect(mock.documents.map((d) => d.name)).toEqual(['dropped.pdf']);
  });

  it('with orders in it warns beside the answer', async () => {
    const user = await open(['/x/orders.pdf']);
    await user.click(button('Add documents'));
    await within(await chips()).findByText('3 pages');
    await user.type(composer(), 'What does it say?{Enter}');
    expect(await screen.findByText(/orders.pdf, page 2, seems to give the model orders/)).toBeInTheDocument();
  });

  it('of a matter goes with a message when it is ticked', async () => {
    const user = await open(['/x/file.pdf']);
    await user.keyboard('{Control>}k{/Control}');
    await user.keyboard('{Escape}');
    mock.documents = [
      {
        ...{ id: 'dm', conversation: '', matter: 'general', name: 'Standard.pdf', kind: 'pdf', size: 9 },
        ...{ reading: 'read' as const, pages: 3, of: 3, fault: null },
      },
    ];
    await user.click(button('Example patient note'));
    const tick = await screen.findByRole('checkbox', { name: 'Standard.pdf' });
    expect(tick).not.toBeChecked();
    await user.click(tick);
    await user.type(composer(), 'Compare.{Enter}');
    await waitFor(() => expect(mock.sent?.documents).toEqual(['dm']));
  });
});
