const main = document.getElementById('main');
const palette = 8;
const known = ['gateway', 'ordering', 'inventory', 'payment'];

/** Asks the API; an error has the server's own words. */
export async function ask(path) {
  const answer = await fetch(path, { headers: { accept: 'application/json' } });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Error(body.errors?.[0]?.msg ?? `The viewer answered ${answer.status}.`);
  }
  return body;
}

/** Makes an element; children may be elements or text. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'onclick') {
      made.addEventListener('click', value);
    } else if (value !== undefined && value !== null) {
      made.setAttribute(key, value);
    }
  }
  made.append(...children.filter(child => child !== null && child !== undefined));
  return made;
}

/** Places something, in shares of its parent's width. Set by script, since the page allows no inline styles. */
export function place(target, left, width) {
  target.style.left = `${left * 100}%`;
  if (width !== undefined) {
    target.style.width = `${width * 100}%`;
  }
  return target;
}

export function show(...children) {
  main.replaceChildren(...children);
}

export function problem(text) {
  return element('p', { class: 'problem', role: 'alert' }, text);
}

/** The same service has the same colour on every page. */
export function colourOf(service) {
  const index = known.indexOf(service);
  if (index >= 0) {
    return `s${index}`;
  }
  let hash = 0;
  for (const letter of service) {
    hash = (hash * 31 + letter.codePointAt(0)) >>> 0;
  }
  return `s${known.length + hash % (palette - known.length)}`;
}

/** A duration in microseconds. */
export function formatDuration(microseconds) {
  if (microseconds < 1_000) {
    return `${microseconds} µs`;
  }
  if (microseconds < 1_000_000) {
    return `${round(microseconds / 1_000)} ms`;
  }
  return microseconds < 120_000_000 ? `${round(microseconds / 1_000_000)} s` : `${round(microseconds / 60_000_000)} min`;
}

/** A moment as everything of the shop writes it: UTC, 24 hours; with the date if that is not today's. */
export function formatTime(microseconds) {
  const [date, time] = new Date(microseconds / 1_000).toISOString().split('T');
  return `${date === new Date().toISOString().slice(0, 10) ? '' : `${date} `}${time}`;
}

export function formatCount(number) {
  return number.toLocaleString('en');
}

export function tagOf(span, key) {
  return span.tags.find(tag => tag.key === key)?.value;
}

/** What a span did, in a few words: a wait says so, and a call says where to. */
export function labelOf(span) {
  const wait = tagOf(span, 'shop.wait');
  const url = tagOf(span, 'url.full');
  const attempt = tagOf(span, 'shop.payment.attempt');
  return wait ? `waited in ${wait}`
    : url && tagOf(span, 'span.kind') === 'client' && URL.canParse(url) ? `${span.operationName} ${new URL(url).pathname}`
      : attempt ? `${span.operationName} ${attempt}` : span.operationName;
}

/** Why a span failed, as short as the span has it; empty if it did not. */
export function failureOf(span) {
  return tagOf(span, 'error') === true
    ? `${tagOf(span, 'http.response.status_code') ?? tagOf(span, 'otel.status_description') ?? tagOf(span, 'error.type') ?? 'failed'}`
    : '';
}

/** First start, end and first span of a trace as the API gives it. */
export function measure(trace) {
  const start = Math.min(...trace.spans.map(span => span.startTime));
  const end = Math.max(...trace.spans.map(span => span.startTime + span.duration));
  const ids = new Set(trace.spans.map(span => span.spanID));
  const root = trace.spans.find(span => !span.references.some(one => one.refType === 'CHILD_OF' && ids.has(one.spanID))) ?? trace.spans[0];
  return { start, duration: end - start, root, errors: trace.spans.filter(span => tagOf(span, 'error') === true).length };
}

/** The order a trace is about, and what became of it here: the last status a span tells of. Undefined if about none. */
export function orderOf(trace) {
  const id = trace.spans.map(span => tagOf(span, 'shop.order.id')).find(Boolean);
  const told = trace.spans.filter(span => tagOf(span, 'shop.order.status')).sort((one, other) => one.startTime - other.startTime).at(-1);
  return id && { id, status: told && tagOf(told, 'shop.order.status'), reason: told && tagOf(told, 'shop.order.reason') };
}

/** What became of an order, with the reason if it was cancelled. */
export function outcomeOf({ status, reason }) {
  return reason ? `${status} (${reason})` : status;
}

/** What a trace is called: an order by what became of it, anything else by its first span. */
export function titleOf(trace, root, order) {
  return order?.status ? outcomeOf(order) : `${serviceOf(trace, root)}: ${root.operationName}`;
}

export function serviceOf(trace, span) {
  return trace.processes[span.processID].serviceName;
}

export function fact(name, value) {
  return element('span', {}, `${name} `, element('b', {}, `${value}`));
}

export function chip(service, count) {
  return element('span', { class: `chip ${colourOf(service)}` }, element('i', { class: 'dot' }), count ? `${service} ${count}` : service);
}

function round(number) {
  return number < 10 ? number.toFixed(2) : number < 100 ? number.toFixed(1) : number.toFixed(0);
}
