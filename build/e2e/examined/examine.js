// F9 has axe look at the whole page, Shift+F9 at its contrast alone, and Ctrl+F9 at the page with two faults in it. The title
// then says how often it looked, of how many places it measured the contrast, and what it found.
(() => {
  const faults = () => {
    const button = document.createElement('button');
    const text = document.createElement('p');
    text.textContent = 'hard to read';
    text.style.color = '#999';
    text.style.backgroundColor = '#888';
    const both = document.createElement('main');
    both.append(button, text);
    document.body.prepend(both);
    return both;
  };

  let times = 0;
  const look = async (e) => {
    const put = e.ctrlKey ? faults() : null;
    const { violations, passes } = await axe.run(document, e.shiftKey ? { runOnly: ['color-contrast'] } : {});
    put?.remove();
    const measured = passes.find((rule) => rule.id === 'color-contrast')?.nodes.length ?? 0;
    const found = violations.map((rule) => [rule.id, ...rule.nodes.slice(0, 9).map((node) => node.html.slice(0, 200))]);
    document.title = `axe ${JSON.stringify({ times: ++times, measured, found })}`;
  };

  addEventListener(
    'keydown',
    (e) => {
      if (e.key !== 'F9') return;
      e.preventDefault();
      e.stopPropagation();
      void look(e);
    },
    true,
  );
})();
