import { ask, chip, colourOf, element, failureOf, formatDuration, formatTime, labelOf, measure, orderOf, place, show, tagOf } from './common.js';

const steps = 4;

/** One trace as a waterfall. */
export async function showTrace(id) {
  const trace = (await ask(`/api/traces/${encodeURIComponent(id)}`)).data[0];
  const { start, duration, root, errors } = measure(trace);
  const services = Map.groupBy(trace.spans, span => trace.processes[span.processID].serviceName);
  const order = orderOf(trace);
  document.title = `${root.operationName} · ${formatDuration(duration)}`;
  show(
    element('h1', {}, `${trace.processes[root.processID].serviceName}: ${root.operationName}`),
    element('div', { class: 'facts' },
      order ? fact('order', order) : null,
      fact('started', formatTime(start)),
      fact('took', formatDuration(duration)),
      fact('spans', trace.spans.length),
      errors ? element('span', { class: 'error' }, `${errors} ${errors === 1 ? 'error' : 'errors'}`) : null,
      fact('trace', trace.traceID)),
    element('p', { class: 'chips' }, ...[...services].map(([service, spans]) => chip(service, spans.length)),
      element('span', { class: 'legend' }, element('i', { class: 'piece wait' }), 'waiting'),
      errors ? element('span', { class: 'legend' }, element('i', { class: 'piece failed' }), 'failed') : null),
    waterfall(trace, start, Math.max(duration, 1)));
  openNamed();
  window.addEventListener('hashchange', openNamed);
}

// A link may lead to one span: /trace/…#span-…
function openNamed() {
  const row = location.hash ? document.getElementById(location.hash.slice(1)) : null;
  if (row) {
    if (row.getAttribute('aria-expanded') === 'false') {
      row.click();
    }
    row.scrollIntoView({ block: 'center' });
    row.focus();
  }
}

function fact(name, value) {
  return element('span', {}, `${name} `, element('b', {}, `${value}`));
}

function waterfall(trace, start, duration) {
  const scale = element('div', {});
  for (let step = 0; step <= steps; step++) {
    scale.append(place(element('span', {}, formatDuration(Math.round(duration * step / steps))), step / steps));
  }
  const table = element('div', { class: 'waterfall', id: 'waterfall' }, element('div', { class: 'scale' }, element('div', {}, 'service and operation'), scale));
  for (const { span, depth } of inOrder(trace)) {
    table.append(row(trace, span, depth, start, duration));
  }
  table.addEventListener('keydown', event => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const rows = [...table.querySelectorAll('.row')];
    const next = rows[rows.indexOf(document.activeElement) + step];
    if (step && next && rows.includes(document.activeElement)) {
      event.preventDefault();
      next.focus();
    }
  });
  return table;
}

// Children below their parent, by start. A span whose parent has not arrived stands at the top level, and says so.
function inOrder(trace) {
  const ids = new Set(trace.spans.map(span => span.spanID));
  const children = Map.groupBy(trace.spans, span => {
    const parent = parentOf(span);
    return ids.has(parent) && parent !== span.spanID ? parent : '';
  });
  const rows = [];
  const seen = new Set();
  const pending = [...(children.get('') ?? [])].reverse().map(span => ({ span, depth: 0 }));
  while (pending.length) {
    const next = pending.pop();
    if (!seen.has(next.span.spanID)) {
      seen.add(next.span.spanID);
      rows.push(next);
      pending.push(...[...(children.get(next.span.spanID) ?? [])].reverse().map(span => ({ span, depth: next.depth + 1 })));
    }
  }
  // Spans that are each other's parents hang on nothing.
  return [...rows, ...trace.spans.filter(span => !seen.has(span.spanID)).map(span => ({ span, depth: 0 }))];
}

function parentOf(span) {
  return span.references.find(one => one.refType === 'CHILD_OF')?.spanID ?? '';
}

function row(trace, span, depth, start, duration) {
  const service = trace.processes[span.processID].serviceName;
  const colour = colourOf(service);
  const failure = failureOf(span);
  const orphan = parentOf(span) && !trace.spans.some(other => other.spanID === parentOf(span));
  const label = element('span', { class: 'label' },
    element('i', { class: 'dot' }),
    element('span', { class: failure ? 'op error' : 'op' }, labelOf(span)),
    failure ? element('span', { class: 'why error' }, failure) : null,
    element('span', { class: 'who' }, service + (orphan ? ' (its parent is missing)' : '')));
  label.style.setProperty('--depth', depth);
  const left = (span.startTime - start) / duration;
  const width = span.duration / duration;
  const kind = failure ? 'piece failed' : tagOf(span, 'shop.wait') ? 'piece wait' : 'piece';
  const took = element('span', { class: 'took' }, formatDuration(span.duration));
  if (left + width > 0.85) {
    took.style.right = `${(1 - left) * 100}%`;
  } else {
    took.style.left = `${(left + width) * 100}%`;
  }
  const lane = element('span', { class: 'lane' }, place(element('span', { class: kind }), left, width), took);
  let detail = null;
  const button = element('button', {
    class: `row ${colour}`, id: `span-${span.spanID}`, type: 'button', 'aria-expanded': 'false',
    title: `${service}: ${span.operationName}, ${formatDuration(span.duration)}${failure ? `, ${failure}` : ''}`,
    onclick: () => {
      if (detail) {
        detail.remove();
        detail = null;
      } else {
        detail = details(trace, span, start, colour);
        button.after(detail);
      }
      button.setAttribute('aria-expanded', `${detail !== null}`);
    },
  }, label, lane);
  return button;
}

function details(trace, span, start, colour) {
  const process = trace.processes[span.processID];
  const links = span.references.filter(one => one.refType === 'FOLLOWS_FROM');
  return element('div', { class: `detail ${colour}` },
    element('div', { class: 'facts' },
      fact('began after', formatDuration(span.startTime - start)),
      fact('took', formatDuration(span.duration)),
      fact('kind', tagOf(span, 'span.kind') ?? 'internal'),
      fact('span', span.spanID)),
    ...section('Attributes', span.tags.map(tag => [tag.key, `${tag.value}`])),
    ...section('Process', [['service.name', process.serviceName], ...process.tags.map(tag => [tag.key, `${tag.value}`])]),
    ...span.logs.flatMap(log => section(`Event after ${formatDuration(log.timestamp - start)}`, log.fields.map(one => [one.key, `${one.value}`]))),
    ...(links.length ? [element('h3', {}, 'Links'), ...links.map(link => element('div', {},
      element('a', { href: `/trace/${link.traceID}#span-${link.spanID}` }, linkText(trace, span, link))))] : []));
}

function linkText(trace, span, link) {
  const target = trace.spans.find(one => one.spanID === link.spanID);
  return link.traceID !== span.traceID ? `span ${link.spanID} of trace ${link.traceID}`
    : target ? `${trace.processes[target.processID].serviceName}: ${labelOf(target)}` : `span ${link.spanID}, which has not arrived`;
}

function section(title, rows) {
  return rows.length === 0 ? [] : [
    element('h3', {}, title),
    element('table', {}, element('tbody', {}, ...rows.map(([key, value]) => element('tr', {}, element('td', {}, key), element('td', {}, value))))),
  ];
}
