import { element, fact, formatDuration, labelOf, serviceOf, tagOf } from './common.js';

/** All that a span says. */
export function details(trace, span, start, colour) {
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

/** What a time may have been that nobody told of. */
export function gapDetails() {
  return element('div', { class: 'detail nobody' },
    element('p', {}, 'The row below began so long after what caused it had ended, and no span covers the time between.'),
    element('p', {}, 'It was one of these: a pause before another attempt; a worker that had not come round to it yet; work that still went on elsewhere, '
      + 'further up in this trace; or work of a process that was killed, because spans are sent when they end.'));
}

function linkText(trace, span, link) {
  const target = trace.spans.find(one => one.spanID === link.spanID);
  return link.traceID !== span.traceID ? `span ${link.spanID} of trace ${link.traceID}`
    : target ? `${serviceOf(trace, target)}: ${labelOf(target)}` : `span ${link.spanID}, which has not arrived`;
}

function section(title, rows) {
  return rows.length === 0 ? [] : [
    element('h3', {}, title),
    element('table', {}, element('tbody', {}, ...rows.map(([key, value]) => element('tr', {}, element('td', {}, key), element('td', {}, value))))),
  ];
}
