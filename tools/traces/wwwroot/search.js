import { ask, chip, element, formatDuration, formatTime, measure, orderOf, problem, serviceOf, show, titleOf } from './common.js';

const orders = [['true', 'orders first'], ['false', 'latest first']];
const lookbacks = [['5m', 'last 5 minutes'], ['1h', 'last hour'], ['6h', 'last 6 hours'], ['2d', 'last 2 days']];

/** The search and what it has found; its filters are the page's address. */
export async function showSearch(query) {
  const services = (await ask('/api/services')).data;
  const results = element('div', { class: 'results', id: 'results' });
  show(filters(query, services), results);
  const wanted = new URLSearchParams(query);
  wanted.set('lookback', query.get('lookback') ?? '1h');
  wanted.set('ordersFirst', query.get('ordersFirst') ?? 'true');
  let traces;
  try {
    traces = (await ask(`/api/traces?${wanted}`)).data;
  } catch (error) {
    results.append(problem(error.message));
    return;
  }
  if (traces.length === 0) {
    results.append(element('p', { class: 'note' }, services.length === 0
      ? 'No trace has arrived yet. Place an order: ./shop order'
      : 'No trace matches. Look further back, or leave out a filter.'));
    return;
  }
  const measured = traces.map(trace => ({ trace, ...measure(trace) }));
  const longest = Math.max(...measured.map(one => one.duration), 1);
  results.append(...measured.map(one => result(one, longest)));
}

function filters(query, services) {
  const tags = readTags(query);
  const form = element('form', { class: 'filters', action: '/search' },
    field('Service', select('service', [['', 'all'], ...services.map(name => [name, name])], query.get('service') ?? '')),
    field('Order id', element('input', { name: 'order', value: tags['shop.order.id'] ?? '', size: 36, spellcheck: 'false', autocomplete: 'off' })),
    field('At least', element('input', { name: 'minDuration', value: query.get('minDuration') ?? '', placeholder: '150ms', size: 8 })),
    field('When', select('lookback', lookbacks, query.get('lookback') ?? '1h')),
    field('In order', select('ordersFirst', orders, query.get('ordersFirst') ?? 'true')),
    field('At most', select('limit', [['20', '20 traces'], ['100', '100 traces'], ['500', '500 traces']], query.get('limit') ?? '20')),
    element('label', {}, 'Errors only', checkbox('errors', tags.error === 'true')),
    element('button', {}, 'Search'));
  form.addEventListener('submit', event => {
    event.preventDefault();
    const wanted = new URLSearchParams();
    for (const name of ['service', 'minDuration', 'lookback', 'ordersFirst', 'limit']) {
      if (form.elements[name].value.trim()) {
        wanted.set(name, form.elements[name].value.trim());
      }
    }
    const asked = { ...tags };
    delete asked.error;
    delete asked['shop.order.id'];
    if (form.elements.errors.checked) {
      asked.error = 'true';
    }
    if (form.elements.order.value.trim()) {
      asked['shop.order.id'] = form.elements.order.value.trim().toLowerCase();
    }
    if (Object.keys(asked).length) {
      wanted.set('tags', JSON.stringify(asked));
    }
    location.assign(`/search?${wanted}`);
  });
  return form;
}

function result({ trace, start, duration, root, errors }, longest) {
  const bar = element('i');
  bar.style.width = `${Math.max(duration / longest, 0.004) * 100}%`;
  const order = orderOf(trace);
  const title = titleOf(trace, root, order);
  const first = order?.status ? `${serviceOf(trace, root)}: ${root.operationName}` : null;
  const services = Map.groupBy(trace.spans, span => serviceOf(trace, span));
  return element('a', { class: 'result', href: `/trace/${trace.traceID}` },
    element('span', { class: 'name' }, element('span', { class: `outcome ${order?.status ?? ''}` }, title),
      order ? element('small', {}, `order ${order.id}`) : null, first ? element('small', {}, first) : null),
    element('span', { class: 'when' }, formatTime(start)),
    element('span', { class: 'chips' }, ...[...services].map(([service, spans]) => chip(service, spans.length))),
    element('span', { class: 'numbers' },
      errors ? element('span', { class: 'error' }, `${errors} ${errors === 1 ? 'error' : 'errors'} · `) : null,
      `${trace.spans.length} ${trace.spans.length === 1 ? 'span' : 'spans'} · ${formatDuration(duration)}`),
    element('span', { class: 'bar' }, bar));
}

function readTags(query) {
  try {
    return JSON.parse(query.get('tags') ?? '{}');
  } catch {
    return {};
  }
}

function field(label, control) {
  return element('label', {}, label, control);
}

function checkbox(name, checked) {
  const box = element('input', { type: 'checkbox', name });
  box.checked = checked;
  return box;
}

function select(name, options, chosen) {
  return element('select', { name }, ...options.map(([value, text]) => {
    const option = element('option', { value }, text);
    option.selected = value === chosen;
    return option;
  }));
}
