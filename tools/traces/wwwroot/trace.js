import { ask, chip, element, fact, formatDuration, formatTime, measure, orderOf, serviceOf, show, titleOf } from './common.js';
import { waterfall } from './waterfall.js';

/** One trace: what it is about, what to show of it, and its waterfall. */
export async function showTrace(id) {
  const [trace, rows] = (await Promise.all([ask(`/api/traces/${encodeURIComponent(id)}`), ask(`/api/traces/${encodeURIComponent(id)}/rows`)]))
    .map(answer => answer.data);
  const { start, duration, root, errors } = measure(trace[0]);
  const order = orderOf(trace[0]);
  const title = titleOf(trace[0], root, order);
  const table = waterfall(trace[0], rows, start, Math.max(duration, 1));
  document.title = `${title}${order?.status ? ` · order ${order.id}` : ''} · ${formatDuration(duration)}`;
  show(
    element('h1', {}, element('span', { class: `outcome ${order?.status ?? ''}` }, title)),
    facts(trace[0], order, root, start, duration, errors),
    element('div', { class: 'chips' }, ...services(trace[0]), ...legend(errors), ...toggles(table)),
    table);
  openNamed();
  window.addEventListener('hashchange', openNamed);
}

// A link may lead to one span: /trace/…#span-…
function openNamed() {
  const row = location.hash ? document.getElementById(location.hash.slice(1)) : null;
  if (row) {
    const fold = document.getElementById(row.dataset.fold);
    if (row.hidden && fold) {
      fold.click();
    }
    if (row.getAttribute('aria-expanded') === 'false') {
      row.click();
    }
    row.scrollIntoView({ block: 'center' });
    row.focus();
  }
}

function facts(trace, order, root, start, duration, errors) {
  return element('div', { class: 'facts' },
    order ? fact('order', order.id) : null,
    order?.status ? fact('began with', `${serviceOf(trace, root)}: ${root.operationName}`) : null,
    fact('started', formatTime(start)),
    fact('took', formatDuration(duration)),
    fact('spans', trace.spans.length),
    errors ? element('span', { class: 'error' }, `${errors} ${errors === 1 ? 'error' : 'errors'}`) : null,
    fact('trace', trace.traceID));
}

function services(trace) {
  return [...Map.groupBy(trace.spans, span => serviceOf(trace, span))].map(([service, spans]) => chip(service, spans.length));
}

function legend(errors) {
  return [
    key(element('b', { class: 'mark' }, '●'), 'led to the end'),
    key(element('i', { class: 'piece wait' }), 'waiting'),
    key(element('i', { class: 'piece gap' }), 'no span tells'),
    errors ? key(element('i', { class: 'piece failed' }), 'failed') : null,
  ];
}

function toggles(table) {
  return [toggle('only what led to the end', on => table.classList.toggle('only-chain', on)), toggle('statements', table.openStatements)];
}

function toggle(text, act) {
  const box = element('input', { type: 'checkbox' });
  box.addEventListener('change', () => act(box.checked));
  return element('label', { class: 'toggle' }, box, text);
}

function key(sign, text) {
  return element('span', { class: 'legend' }, sign, text);
}
