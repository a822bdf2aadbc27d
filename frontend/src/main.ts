import { mount } from 'svelte';
import App from './App.svelte';
import { proveOffline } from './state/proof';
import './styles/tokens.css';
import './styles/base.css';
import './styles/markdown.css';

if (import.meta.env.MODE === 'mock') (await import('./dev/mock')).install();

// Nothing in this window navigates: not a link, not a form, not a file dropped on it.
for (const kind of ['dragover', 'drop', 'submit', 'auxclick'] as const) {
  document.addEventListener(kind, (event) => event.preventDefault());
}
document.addEventListener('click', (event) => {
  if (event.target instanceof Element && event.target.closest('a')) event.preventDefault();
});

if (import.meta.env.MODE !== 'mock') void proveOffline();

mount(App, { target: document.getElementById('app')! });
