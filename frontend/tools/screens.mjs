// Looks at every view in a real Chromium, light, dark, at a zoom of 200 % and with the largest text, under the window's own content security policy:
// writes a picture of each, and fails on a console error, a policy violation, a finding of axe (colour contrast included),
// and on what a zoom pushes out of the window, where nothing could scroll it back.
//   npm run screens -- OUTDIR        CHROMIUM=/path/to/chromium to choose the browser
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { chromium } from 'playwright-core';

const out = process.argv[2] ?? join(tmpdir(), 'subrosa-screens');
const built = mkdtempSync(join(tmpdir(), 'subrosa-mock-'));
mkdirSync(out, { recursive: true });

const build = spawnSync('npx', ['vite', 'build', '--mode', 'mock', '--logLevel', 'warn'], {
  stdio: 'inherit',
  env: { ...process.env, OUT_DIR: built },
});
if (build.status !== 0) process.exit(1);

const csp =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'none'; " +
  "object-src 'none'; frame-src 'none'; worker-src 'none'; form-action 'none'; base-uri 'none'";
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const server = createServer((request, response) => {
  const path = normalize(new URL(request.url, 'http://x').pathname);
  try {
    const body = readFileSync(join(built, path === '/' ? 'index.html' : path));
    response.writeHead(200, {
      'content-type': types[extname(path)] ?? 'text/html',
      'content-security-policy': csp,
    });
    response.end(body);
  } catch {
    response.writeHead(path === '/favicon.ico' ? 204 : 404).end();
  }
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const base = `http://127.0.0.1:${server.address().port}/`;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const composer = (page) => page.getByRole('textbox', { name: 'Message' });
const open = (page, title) => page.getByRole('button', { name: title, exact: true }).click();

/** name -> [phase, what to do before looking] */
const views = {
  setup: ['setup'],
  'setup-filled': [
    'setup',
    async (page) => {
      await page.getByLabel('Passphrase', { exact: true }).fill('otter lamp violin');
      await page.getByLabel('Repeat passphrase').fill('otter lamb');
      await page.getByText('Good.').waitFor();
    },
  ],
  locked: ['locked'],
  'locked-wrong': [
    'locked',
    async (page) => {
      await page.getByLabel('Passphrase', { exact: true }).fill('not this one');
      await page.getByRole('button', { name: 'Unlock' }).click();
      await page.getByRole('alert').waitFor();
    },
  ],
  failed: ['failed'],
  empty: ['ready'],
  answer: ['ready', (page) => open(page, 'Example patient note')],
  'answer-top': [
    'ready',
    async (page) => {
      await open(page, 'Example patient note');
      await page.getByText('Last checkpoint').or(page.getByRole('log')).first().waitFor();
      await page.getByRole('log').evaluate((log) => (log.scrollTop = 0));
      await page.getByRole('button', { name: 'Jump to the end' }).waitFor();
    },
  ],
  marked: ['ready', (page) => open(page, 'Shorten the extension clause')],
  streaming: [
    'ready',
    async (page) => {
      await composer(page).fill('Write an example patient note');
      await page.keyboard.press('Enter');
      await page.getByText('intermittent').waitFor();
    },
  ],
  done: [
    'ready',
    async (page) => {
      await composer(page).fill('How do I lock Subrosa?');
      await page.keyboard.press('Enter');
      await page.getByText('tokens/s').waitFor();
    },
  ],
  broken: [
    'ready',
    async (page) => {
      await composer(page).fill('Please crash');
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Send again' }).waitFor();
    },
  ],
  marks: [
    'ready',
    async (page) => {
      await composer(page).pressSequentially('Write to ann@example.org about SSN 219-09-9999, please.', {
        delay: 5,
      });
      await page.getByText('2 values found').waitFor();
      await page.getByRole('button', { name: 'What the model will see' }).click();
    },
  ],
  templates: ['ready', (page) => composer(page).pressSequentially('/')],
  editing: [
    'ready',
    async (page) => {
      await open(page, 'Shorten the extension clause');
      await page.getByRole('button', { name: 'Edit message' }).first().click();
    },
  ],
  palette: [
    'ready',
    async (page) => {
      await page.keyboard.press('Control+k');
      await page.keyboard.type('chest');
      await page.getByText('In messages').first().waitFor();
    },
  ],
  matters: ['ready', (page) => page.getByRole('button', { name: 'Matters…' }).click()],
  organise: [
    'ready',
    async (page) => {
      await page.getByRole('button', { name: 'Example patient note', exact: true }).hover();
      await page.getByRole('button', { name: 'Organise Example patient note' }).click();
    },
  ],
  export: [
    'ready',
    async (page) => {
      await open(page, 'Example patient note');
      await page.keyboard.press('Control+Shift+E');
      await page.getByLabel(/COMPLIANCE/).check();
      await page.getByRole('button', { name: 'Export', exact: true }).click();
      await page.getByText('on record as entry').waitFor();
    },
  ],
  'export-several': [
    'ready',
    async (page) => {
      await page.getByRole('button', { name: 'Select several' }).click();
      await page.getByRole('button', { name: 'Select all' }).click();
      await page.getByRole('toolbar').getByRole('button', { name: 'Export' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Export' }).click();
      await page.getByText('were not written').scrollIntoViewIfNeeded();
    },
  ],
  temporary: [
    'ready',
    async (page) => {
      await page.keyboard.press('Control+Shift+N');
      await page.getByText('Not kept', { exact: true }).waitFor();
    },
  ],
  messages: [
    'ready',
    async (page) => {
      await page.keyboard.press('Control+/');
      await page.getByRole('button', { name: 'What messages mean' }).click();
    },
  ],
  german: [
    'ready',
    async (page) => {
      await page.keyboard.press('Control+,');
      await page.getByLabel('Deutsch').check();
      await page.getByRole('button', { name: 'Protokoll', exact: true }).click();
      await page.getByText('Verdeckt in den letzten').waitFor();
    },
  ],
  masked: [
    'ready',
    async (page) => {
      await open(page, 'Example patient note');
      await page
        .getByRole('button', { name: /values hidden/ })
        .first()
        .click();
    },
  ],
  record: ['ready', (page) => page.getByRole('button', { name: 'Record', exact: true }).click()],
  'record-entry': [
    'ready',
    async (page) => {
      await page.getByRole('button', { name: 'Record', exact: true }).click();
      await page.getByRole('button', { name: 'Entry 127' }).click();
      await page.getByText('Path to the root').waitFor();
      await page.getByText('Path to the root').scrollIntoViewIfNeeded();
    },
  ],
  'record-export': [
    'ready',
    async (page) => {
      await page.getByRole('button', { name: 'Record', exact: true }).click();
      await page.getByRole('button', { name: 'Verify now' }).click();
      await page.getByRole('button', { name: 'Export to a stick' }).click();
      await page.getByRole('radio', { name: /COMPLIANCE/ }).waitFor();
    },
  ],
  models: ['ready', (page) => page.getByRole('button', { name: 'Models', exact: true }).click()],
  policy: ['ready', (page) => page.getByRole('button', { name: 'Policy', exact: true }).click()],
  posture: ['ready', (page) => page.getByRole('button', { name: 'Posture', exact: true }).click()],
  zoomed: ['ready', (page) => open(page, 'Example patient note'), { width: 600, height: 400 }],
  settings: ['ready', (page) => page.keyboard.press('Control+,')],
  evidence: ['ready', (page) => page.getByRole('button', { name: /^Offline/ }).click()],
  shortcuts: ['ready', (page) => page.keyboard.press('Control+/')],
  delete: [
    'ready',
    async (page) => {
      await page.getByRole('button', { name: 'Example patient note', exact: true }).focus();
      await page.keyboard.press('Delete');
    },
  ],
  narrow: ['ready', (page) => open(page, 'Example patient note'), { width: 760, height: 560 }],
};

const only = process.argv.slice(3);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const problems = [];

/** Controls that lie beyond the window's sides and that no scrolling brings back; for the page. */
const lost = () =>
  [...document.querySelectorAll('button, input, select, textarea, [role=option], h1, h2, p')]
    .filter((e) => e.checkVisibility() && !e.closest('.tools, .aside-words'))
    .filter((e) => {
      const { left, right, width } = e.getBoundingClientRect();
      if (width === 0 || (left >= -1 && right <= innerWidth + 1)) return false;
      for (let up = e.parentElement; up; up = up.parentElement)
        if (up.scrollWidth > up.clientWidth && /auto|scroll/.test(getComputedStyle(up).overflowX))
          return false;
      return true;
    })
    .map((e) => e.getAttribute('aria-label') ?? e.textContent.trim().slice(0, 40));

const looks = [
  { look: 'light', colorScheme: 'light', zoom: 1 },
  { look: 'dark', colorScheme: 'dark', zoom: 1 },
  { look: 'zoomed', colorScheme: 'light', zoom: 2 },
  { look: 'large', colorScheme: 'light', zoom: 1, text: 200 },
];
for (const { look, colorScheme, zoom, text = 100 } of looks) {
  for (const [name, [phase, act, size]] of Object.entries(views)) {
    if (only.length && !only.includes(name)) continue;
    const context = await browser.newContext({
      viewport: zoom === 1 ? (size ?? { width: 1200, height: 800 }) : { width: 600, height: 400 },
      deviceScaleFactor: zoom,
      colorScheme,
      bypassCSP: false,
    });
    const page = await context.newPage();
    const say = (text) => problems.push(`${name} ${look}: ${text}`);
    page.on('console', (m) => m.type() === 'error' && say(m.text()));
    page.on('pageerror', (e) => say(e.message));
    try {
      await page.goto(`${base}?phase=${phase}&text=${text}`);
      await page.waitForFunction(() => !document.querySelector('.starting'));
      await act?.(page);
      await page.waitForTimeout(150);
      await page.screenshot({ path: join(out, `${name}-${look}.png`) });
      for (const what of look === 'zoomed' || look === 'large' ? await page.evaluate(lost) : [])
        say(`out of the window: ${what}`);
      await page.evaluate(axe); // through the debugger, which the policy does not bind
      const found = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }));
      for (const v of found.violations)
        say(`axe ${v.id}: ${v.nodes.map((n) => `${n.target} ${n.any[0]?.message ?? ''}`).join(' | ')}`);
    } catch (e) {
      say(String(e));
    }
    await context.close();
  }
}
await browser.close();
server.close();
for (const p of problems) console.error(p);
console.log(`${out}: ${problems.length} problems`);
process.exit(problems.length ? 1 : 0);
