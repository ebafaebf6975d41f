// The page: a search, and a waterfall for one trace. Everything shown is set as text, never as markup.
import { ask, element, show, problem, formatCount } from './common.js';
import { showSearch } from './search.js';
import { showTrace } from './trace.js';

const find = document.getElementById('find');

find.addEventListener('submit', async event => {
  event.preventDefault();
  const text = find.elements.text.value.trim().toLowerCase();
  if (/^[0-9a-f]{32}$/.test(text)) {
    location.assign(`/trace/${text}`);
  } else if (text) {
    // Every look at an order is a trace as well; the order's own is the one with its first message.
    const tags = `tags=${encodeURIComponent(JSON.stringify({ 'shop.order.id': text }))}&lookback=2d`;
    const own = (await ask(`/api/traces?${tags}&operation=${encodeURIComponent('publish Inventory:ReserveStock')}`)).data;
    location.assign(own.length === 1 ? `/trace/${own[0].traceID}` : `/search?${tags}`);
  }
});

async function showState() {
  const state = await ask('/api/state');
  document.getElementById('state').textContent =
    `${formatCount(state.spans)} spans of ${formatCount(state.traces)} traces in memory`
    + (state.dropped ? `, ${formatCount(state.dropped)} older ones dropped` : '');
}

try {
  const trace = location.pathname.match(/^\/trace\/([0-9a-f]+)$/i);
  await (trace ? showTrace(trace[1]) : showSearch(new URLSearchParams(location.search)));
  await showState();
} catch (error) {
  show(problem(error.message), element('p', {}, element('a', { href: '/search' }, 'Back to the search')));
}
