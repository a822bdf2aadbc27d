// Every way out that a page has, tried against `canary`, a host and port. Each asks for a path with its own name, so that who
// listens there can tell them apart. A way that resolves to true is through; one that rejects is not; the others do not tell.
// Plain JavaScript: the hostile page of build/e2e runs it too, also in a web view without any walls.
export const waysOut = (canary, into) => {
  const url = (way) => `http://${canary}/${way}`;
  const host = canary.split(':')[0];

  function add(tag, attributes, parent = into) {
    const svg = tag === 'image' || tag === 'svg';
    const e = svg ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
    parent.append(e);
    return e;
  }

  const came = (target, event = 'load') =>
    new Promise((through, refused) => {
      target.addEventListener(event, () => through(true));
      target.addEventListener('error', () => refused(new Error('error')));
    });

  function click(attributes) {
    const e = add('a', attributes);
    e.textContent = 'x';
    e.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
  }

  const ways = {
    fetch: () => fetch(url('fetch'), { mode: 'no-cors' }).then(() => true),
    xhr: () => {
      const x = new XMLHttpRequest();
      x.open('GET', url('xhr'));
      x.send();
      return came(x);
    },
    beacon: () => void navigator.sendBeacon(url('beacon'), 'x'),
    websocket: () => came(new WebSocket(`ws://${canary}/websocket`), 'open'),
    eventsource: () => came(new EventSource(url('eventsource')), 'open'),
    image: () => {
      const i = new Image();
      i.src = url('image');
      return came(i);
    },
    svg: () => void add('image', { href: url('svg'), width: 9, height: 9 }, add('svg', {})),
    stylesheet: () => came(add('link', { rel: 'stylesheet', href: url('stylesheet') })),
    'css-import': () => void (add('style', {}).textContent = `@import "${url('css-import')}";`),
    'css-url': () => void (add('p', {}).style.backgroundImage = `url(${url('css-url')})`),
    font: () => new FontFace('f', `url(${url('font')})`).load().then(() => true),
    script: () => came(add('script', { src: url('script') })),
    import: () => import(/* @vite-ignore */ url('import')).then(() => true),
    worker: () =>
      came(new Worker(URL.createObjectURL(new Blob([`importScripts("${url('worker')}")`]))), 'message'),
    iframe: () => void add('iframe', { src: url('iframe') }),
    object: () => came(add('object', { data: url('object') })),
    embed: () => came(add('embed', { src: url('embed') })),
    preload: () => came(add('link', { rel: 'preload', as: 'image', href: url('preload') })),
    dns: () => fetch('http://dns.example/', { mode: 'no-cors' }).then(() => true),
    webrtc: async () => {
      const peer = new RTCPeerConnection({ iceServers: [{ urls: `stun:${host}:3478` }] });
      peer.createDataChannel('x');
      await peer.setLocalDescription(await peer.createOffer());
    },
    'form-target': () => {
      add('iframe', { name: 'aside' });
      add('form', { action: url('form-target'), method: 'post', target: 'aside' }).submit();
    },
    'window-open': () => {
      if (!window.open(url('window-open'))) throw new Error('refused');
      return true;
    },
  };

  // No page can see how these end: lookups, and media where they are turned off.
  const silent = {
    video: () => came(add('video', { src: url('video'), preload: 'auto' }), 'loadeddata'),
    poster: () => void add('video', { poster: url('poster') }),
    'dns-prefetch': () => void add('link', { rel: 'dns-prefetch', href: '//dns-prefetch.example' }),
  };

  // These leave the page, if they are let.
  const leaving = {
    location: () => void (location.href = url('location')),
    replace: () => location.replace(url('replace')),
    link: () => click({ href: url('link') }),
    form: () => add('form', { action: url('form'), method: 'post' }).submit(),
    refresh: () => void add('meta', { 'http-equiv': 'refresh', content: `0;url=${url('refresh')}` }),
  };
  return { ways, silent, leaving };
};
