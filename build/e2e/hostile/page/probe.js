// Every way out that a page has, tried against `canary`, a host and port that write down who comes. Each asks for a path with
// its own name, so that the canary can tell them apart.
const url = (way) => `http://${canary}/${way}`;
const host = canary.split(':')[0];

function add(tag, attributes, into = document.body) {
  const e = tag === 'image' ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  into.append(e);
  return e;
}

function click(link) {
  const e = add('a', link);
  e.textContent = 'x';
  e.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
}

const ways = {
  fetch: () => fetch(url('fetch'), { mode: 'no-cors' }),
  xhr: () => {
    const x = new XMLHttpRequest();
    x.open('GET', url('xhr'));
    x.send();
  },
  beacon: () => navigator.sendBeacon(url('beacon'), 'x'),
  websocket: () => new WebSocket(`ws://${canary}/websocket`),
  eventsource: () => new EventSource(url('eventsource')),
  image: () => (new Image().src = url('image')),
  svg: () => {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    document.body.append(svg);
    add('image', { href: url('svg'), width: 9, height: 9 }, svg);
  },
  stylesheet: () => add('link', { rel: 'stylesheet', href: url('stylesheet') }, document.head),
  'css-import': () => (add('style', {}, document.head).textContent = `@import "${url('css-import')}";`),
  'css-url': () => (add('p', {}).style.backgroundImage = `url(${url('css-url')})`),
  font: () => new FontFace('f', `url(${url('font')})`).load(),
  script: () => add('script', { src: url('script') }),
  import: () => import(url('import')),
  worker: () => new Worker(URL.createObjectURL(new Blob([`importScripts("${url('worker')}")`]))),
  iframe: () => add('iframe', { src: url('iframe') }),
  object: () => add('object', { data: url('object') }),
  embed: () => add('embed', { src: url('embed') }),
  video: () => add('video', { src: url('video'), preload: 'auto' }),
  poster: () => add('video', { poster: url('poster') }),
  preload: () => add('link', { rel: 'preload', as: 'image', href: url('preload') }, document.head),
  'dns-prefetch': () => add('link', { rel: 'dns-prefetch', href: '//dns-prefetch.example' }, document.head),
  dns: () => fetch('http://dns.example/', { mode: 'no-cors' }),
  webrtc: async () => {
    const peer = new RTCPeerConnection({ iceServers: [{ urls: `stun:${host}:3478` }] });
    peer.createDataChannel('x');
    await peer.setLocalDescription(await peer.createOffer());
  },
  'form-target': () => {
    add('iframe', { name: 'aside' });
    add('form', { action: url('form-target'), method: 'post', target: 'aside' }).submit();
  },
  'window-open': () => window.open(url('window-open')),
  browser: () => window.runtime.BrowserOpenURL(url('browser')),
  mail: () => window.runtime.BrowserOpenURL(`mailto:x@${host}`),
};

// These leave the page, if they are let.
const leaving = {
  location: () => (location.href = url('location')),
  replace: () => location.replace(url('replace')),
  link: () => click({ href: url('link') }),
  'link-blank': () => click({ href: url('link-blank'), target: '_blank' }),
  form: () => add('form', { action: url('form'), method: 'post' }).submit(),
  refresh: () => add('meta', { 'http-equiv': 'refresh', content: `0;url=${url('refresh')}` }, document.head),
  'mail-link': () => click({ href: `mailto:x@${host}` }),
  file: () => (location.href = 'file:///etc/passwd'),
  data: () => (location.href = 'data:text/html,<h1>elsewhere</h1>'),
};

const said = [];
async function go(name, way) {
  try {
    await Promise.race([way(), pause(300)]);
  } catch (reason) {
    said.push(`${name}: ${reason}`);
  }
}
const pause = (ms) => new Promise((go) => setTimeout(go, ms));

async function all() {
  for (const [name, way] of Object.entries(leave ? {} : ways)) await go(name, way);
  await pause(1500);
  for (const [name, way] of Object.entries(leaving)) {
    if (leave && name !== leave) continue;
    await go(name, way);
    await pause(700);
  }
  document.getElementById('state').textContent = 'Every way was tried, and this page is still here.';
  document.title = 'tried';
}
addEventListener('load', all);
