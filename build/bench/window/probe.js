// Watches frames, keys and what appears, and tells what it saw. It runs before the page's own script and changes nothing.
(() => {
  const tell = (seen) => {
    const text = btoa(JSON.stringify(seen)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    new Image().src = `./measured/${text}`;
  };
  const round = (ms) => Math.round(ms * 10) / 10;
  const stats = (list) => {
    const sorted = [...list].sort((a, b) => a - b);
    const at = (q) => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0);
    return { n: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
  };

  // A message is taken after the frame that a callback belongs to was laid out and painted.
  const after = new MessageChannel();
  const waiting = [];
  after.port1.onmessage = () => waiting.shift()(performance.now());
  const afterwards = (then) => {
    waiting.push(then);
    after.port2.postMessage(0);
  };
  const painted = (then) => requestAnimationFrame(() => afterwards(then));

  let last = 0;
  let gaps = null; // of frames, while something is measured by them
  requestAnimationFrame(function frame() {
    const now = performance.now();
    if (last) gaps?.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  });

  // From a key to the frame that shows what it did, and what of that time the page was at work.
  let acted = 0; // the last Enter or click
  let pressed = 0;
  let begun = 0;
  let keys = [];
  let work = [];
  addEventListener('keydown', (e) => {
    pressed = e.timeStamp;
    begun = performance.now();
    if (e.key === 'Enter') acted = pressed;
    if (e.key !== 'F8') return;
    tell({ typed: { latency: stats(keys), work: stats(work) } });
    [keys, work] = [[], []];
  }, true);
  addEventListener('click', (e) => (acted = e.timeStamp), true);
  addEventListener('input', () => {
    const [from, start] = [pressed, begun];
    queueMicrotask(() => queueMicrotask(() => {
      const handled = performance.now() - start;
      requestAnimationFrame(() => {
        const frame = performance.now();
        afterwards(() => {
          const now = performance.now();
          keys.push(now - from);
          work.push(handled + now - frame);
        });
      });
    }));
  });

  let scrolling = 0;
  addEventListener('scroll', (e) => {
    if (streaming || !e.target.matches?.('[role=log]')) return;
    gaps ??= [];
    clearTimeout(scrolling);
    scrolling = setTimeout(() => {
      tell({ scrolled: { ...stats(gaps), top: round(e.target.scrollTop), height: e.target.scrollHeight, messages: document.querySelectorAll('article').length } });
      gaps = null;
    }, 700);
  }, true);

  let streaming = 0;
  let log = null;
  let shown = '';
  const look = (changes) => {
    const password = document.querySelector('input[type=password]');
    const now = password ? 'locked' : document.querySelector('form textarea') ? 'ready' : '';
    if (now !== shown) {
      shown = now;
      const from = now === 'ready' ? acted : 0;
      if (now) painted((at) => tell({ [now]: round(at - from) }));
    }
    const list = document.querySelector('[role=log]');
    if (list !== log && list?.querySelector('article')) {
      log = list;
      const from = acted;
      painted((at) => tell({ opened: round(at - from), messages: list.querySelectorAll('article').length }));
    }
    const busy = document.querySelector('article[aria-busy=true]');
    if (busy?.querySelector('.markdown') && !streaming) {
      streaming = performance.now();
      gaps = [];
    } else if (!busy && streaming) {
      const seconds = round((performance.now() - streaming) / 1000);
      const letters = [...document.querySelectorAll('article .markdown')].at(-1)?.textContent.length;
      tell({ streamed: { ...stats(gaps), over50: gaps.filter((g) => g > 50).length, seconds, letters } });
      streaming = 0;
      gaps = null;
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributeFilter: ['aria-busy'] });
})();
