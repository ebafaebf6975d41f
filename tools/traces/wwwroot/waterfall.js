import { colourOf, element, failureOf, formatDuration, labelOf, place, serviceOf, tagOf } from './common.js';
import { details, gapDetails } from './details.js';

const steps = 4;

// Fewer are shown as they are.
const foldMin = 2;

/** The rows of a trace, in the order the viewer has put them in. Statements that follow each other are folded into one row. */
export function waterfall(trace, places, start, duration) {
  const spans = new Map(trace.spans.map(span => [span.spanID, span]));
  const rows = places.map(at => ({ ...at, span: spans.get(at.id) })).filter(row => row.span);
  const axis = { trace, spans, start, duration };
  const table = element('div', { class: 'waterfall', id: 'waterfall' }, scale(duration));
  for (const group of inGroups(rows)) {
    table.append(...(group.length < foldMin ? group.flatMap(row => spanRows(axis, row)) : foldedRows(axis, group)));
  }
  table.addEventListener('keydown', event => move(table, event));
  table.openStatements = open => {
    for (const fold of table.querySelectorAll('.fold')) {
      if (fold.getAttribute('aria-expanded') !== `${open}`) {
        fold.click();
      }
    }
  };
  return table;
}

// Statements that stand next to each other at the same depth are one group; everything else is alone.
function inGroups(rows) {
  const groups = [];
  for (const row of rows) {
    const last = groups.at(-1)?.[0];
    if (last && last.depth === row.depth && isStatement(last.span) && isStatement(row.span) && row.gapBefore === 0) {
      groups.at(-1).push(row);
    } else {
      groups.push([row]);
    }
  }
  return groups;
}

function isStatement(span) {
  return Boolean(tagOf(span, 'db.system.name') ?? tagOf(span, 'db.system'));
}

function scale(duration) {
  const lane = element('div', {});
  for (let step = 0; step <= steps; step++) {
    lane.append(place(element('span', {}, step === 0 ? '0' : formatDuration(Math.round(duration * step / steps))), step / steps));
  }
  return element('div', { class: 'scale' }, element('div', {}, 'service and operation'), lane);
}

function move(table, event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const rows = [...table.querySelectorAll('.row')].filter(row => row.checkVisibility());
  const at = rows.indexOf(document.activeElement);
  if (step && at >= 0 && rows[at + step]) {
    event.preventDefault();
    rows[at + step].focus();
  }
}

function foldedRows(axis, group) {
  const service = serviceOf(axis.trace, group[0].span);
  const inner = group.flatMap(one => spanRows(axis, { ...one, depth: one.depth + 1 }));
  const failed = group.some(row => failureOf(row.span));
  const first = group[0].span.startTime;
  const end = Math.max(...group.map(row => row.span.startTime + row.span.duration));
  const fold = row({
    depth: group[0].depth, colour: colourOf(service), isCritical: group.some(row => row.isCritical), extra: 'fold',
    label: [element('span', { class: failed ? 'op error' : 'op' }, `${group.length} statements`), who(service)],
    title: `${service}: ${group.length} statements, ${formatDuration(end - first)} from the first to the last; opens them`,
    pieces: group.map(one => piece(axis, one.span)),
    took: took(axis, first, end - first),
    onToggle: open => inner.forEach(one => {
      // What was opened below goes as well.
      if (!open && one.getAttribute('aria-expanded') === 'true') {
        one.click();
      }
      one.hidden = !open;
    }),
  });
  fold.id = `fold-${group[0].span.spanID}`;
  inner.forEach(one => { one.hidden = true; one.dataset.fold = fold.id; });
  return [fold, ...inner];
}

function spanRows(axis, { span, depth, isCritical, gapBefore }) {
  const service = serviceOf(axis.trace, span);
  const colour = colourOf(service);
  const failure = failureOf(span);
  const parent = span.references.find(one => one.refType === 'CHILD_OF')?.spanID;
  const made = row({
    depth, colour, isCritical,
    label: [
      element('span', { class: failure ? 'op error' : 'op' }, labelOf(span)),
      failure ? element('span', { class: 'why error' }, failure) : null,
      who(service + (parent && !axis.spans.has(parent) ? ' (its parent is missing)' : ''))],
    title: `${service}: ${span.operationName}, ${formatDuration(span.duration)}${failure ? `, ${failure}` : ''}${isCritical ? '; led to the end' : ''}`,
    pieces: [piece(axis, span)],
    took: took(axis, span.startTime, span.duration),
    onToggle: detail(() => details(axis.trace, span, axis.start, colour)),
  });
  made.id = `span-${span.spanID}`;
  return gapBefore > 0 ? [gapRow(axis, span, depth, isCritical, gapBefore), made] : [made];
}

// Time that passed and that nobody told of, such as that of a process that was killed.
function gapRow(axis, span, depth, isCritical, length) {
  const from = span.startTime - length;
  return row({
    depth, colour: 'nobody', isCritical, extra: 'silent', mark: '○',
    label: [element('span', { class: 'op' }, `no span tells of ${formatDuration(length)}`)],
    title: `No span tells of ${formatDuration(length)}`,
    pieces: [placed(axis, from, length, 'piece gap')],
    took: took(axis, from, length),
    onToggle: detail(gapDetails),
  });
}

/** A row of the table: a button that opens what belongs to it. */
function row({ depth, colour, isCritical, extra = '', mark = isCritical ? '●' : '', label, title, pieces, took: length, onToggle }) {
  const text = element('span', { class: 'label' },
    element('b', { class: 'mark', 'aria-hidden': 'true' }, mark), element('i', { class: 'dot' }), ...label);
  text.style.setProperty('--depth', depth);
  const button = element('button', {
    class: `row ${colour} ${isCritical ? 'critical' : ''} ${extra}`, type: 'button', 'aria-expanded': 'false', title,
    onclick: () => {
      const open = button.getAttribute('aria-expanded') === 'false';
      button.setAttribute('aria-expanded', `${open}`);
      onToggle(open, button);
    },
  }, text, element('span', { class: 'lane' }, ...pieces, length));
  return button;
}

function detail(make) {
  let shown = null;
  return (open, button) => {
    shown?.remove();
    shown = open ? make() : null;
    if (shown) {
      button.after(shown);
    }
  };
}

function who(text) {
  return element('span', { class: 'who' }, text);
}

function piece(axis, span) {
  return placed(axis, span.startTime, span.duration, failureOf(span) ? 'piece failed' : tagOf(span, 'shop.wait') ? 'piece wait' : 'piece');
}

function placed({ start, duration }, from, length, kind) {
  return place(element('span', { class: kind }), (from - start) / duration, length / duration);
}

// Beside the bar, and inside the window.
function took({ start, duration }, from, length) {
  const text = element('span', { class: 'took' }, formatDuration(length));
  const [left, right] = [(from - start) / duration, (from + length - start) / duration];
  if (right <= 0.7 || left < 0.3) {
    text.style.left = `${Math.min(right, 0.7) * 100}%`;
  } else {
    text.style.right = `${(1 - left) * 100}%`;
  }
  return text;
}
