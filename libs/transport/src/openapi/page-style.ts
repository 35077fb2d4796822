// What the page looks like and how its search works. Both stand in the page itself, and the policy that comes with
// it names them by their digests, so that nothing else is ever run or loaded.

export const pageStyle = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --accent: #2a6; }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; display: grid; grid-template-columns: 20rem 1fr; }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; border-right: 1px solid var(--line); }
nav input { width: 100%; padding: .5rem; font: inherit; }
nav h2 { font-size: .8rem; margin: 1rem 0 .25rem; overflow-wrap: anywhere; }
nav a { display: block; color: inherit; text-decoration: none; padding: .1rem .25rem; font-size: .9rem; }
nav a:hover, nav a:focus { background: var(--soft); }
main { padding: 1rem 2rem; max-width: 64rem; min-width: 0; }
article { border-top: 1px solid var(--line); padding: 1rem 0; }
h3 { margin: 0; }
code, pre { font: .85rem/1.5 ui-monospace, monospace; }
pre { background: var(--soft); padding: .75rem; overflow: auto; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid var(--line); }
td p { margin: 0; }
.verb { color: var(--accent); font-weight: 600; }
.old { text-decoration: line-through; }
[hidden] { display: none; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; } }
`;

export const pageScript = `
const search = document.getElementById('search');
const items = [...document.querySelectorAll('[data-words]')];
const groups = [...document.querySelectorAll('[data-group]')];
search.addEventListener('input', () => {
  const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
  for (const item of items) item.hidden = !words.every((word) => item.dataset.words.includes(word));
  for (const group of groups) group.hidden = !group.querySelector('[data-words]:not([hidden])');
});
`;
