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

export function formatTime(microseconds) {
  return new Date(microseconds / 1_000).toLocaleString(undefined, {
    month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3,
  });
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

/** The order a trace is about; undefined if about none. */
export function orderOf(trace) {
  return trace.spans.map(span => tagOf(span, 'shop.order.id')).find(Boolean);
}

export function chip(service, count) {
  return element('span', { class: `chip ${colourOf(service)}` }, element('i', { class: 'dot' }), count ? `${service} ${count}` : service);
}

function round(number) {
  return number < 10 ? number.toFixed(2) : number < 100 ? number.toFixed(1) : number.toFixed(0);
}
