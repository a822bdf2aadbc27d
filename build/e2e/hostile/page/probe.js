// Tries every way out that a page has against `canary`, a host and port that write down who comes; of those that leave the page
// only `leave`, where it is named.
import { waysOut } from './ways.js';

const { ways, silent, leaving } = waysOut(canary, document.body);
Object.assign(ways, silent, {
  browser: () => window.runtime.BrowserOpenURL(`http://${canary}/browser`),
  mail: () => window.runtime.BrowserOpenURL(`mailto:x@${canary.split(':')[0]}`),
});

function click(attributes) {
  const e = document.createElement('a');
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  document.body.append(e);
  e.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
}

Object.assign(leaving, {
  'link-blank': () => click({ href: `http://${canary}/link-blank`, target: '_blank' }),
  'mail-link': () => click({ href: `mailto:x@${canary.split(':')[0]}` }),
  file: () => (location.href = 'file:///etc/passwd'),
  data: () => (location.href = 'data:text/html,<h1>elsewhere</h1>'),
});

const pause = (ms) => new Promise((go) => setTimeout(go, ms));
async function go(way) {
  try {
    await Promise.race([way(), pause(300)]);
  } catch {
    // refused, as it should be: what counts is what the canary hears
  }
}

for (const way of Object.values(leave ? {} : ways)) await go(way);
await pause(1500);
for (const [name, way] of Object.entries(leaving)) {
  if (leave && name !== leave) continue;
  await go(way);
  await pause(700);
}
document.getElementById('state').textContent = 'Every way was tried, and this page is still here.';
document.title = 'tried';
