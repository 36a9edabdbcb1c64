'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const texts = data.texts, points = data.points, count = points.length;
  const byId = id => document.getElementById(id);
  const hasTimes = count > 0 && points.every(point => point[3] !== null);
  const GUTTER = 220, AXIS = hasTimes ? 42 : 28, HEAD = 24;
  /** The lane of a host is drawn in the head of its group. */
  const isHead = lane => lane === data.hosts[data.lanes[lane][0]];
  let ROW = 22, BAR = 14;
  const KINDS = [
    ['runs', 'runs'], ['in-call', 'in a call'], ['waits', 'waits'], ['ready', 'can go on'],
    ['suspended', 'is suspended'], ['enters', 'enters'], ['host-function', 'host function'],
    ['host', 'the host has control'],
  ];
  const ARROWS = [['call', 'calls'], ['wake', 'wakes'], ['copy', 'moves values']];

  // Rows: each group has a head, and a row for each of its lanes.
  let rows = [], laneY = [], height = 0;
  const lanesOf = data.groups.map(() => []);
  data.lanes.forEach(([group], lane) => lanesOf[group].push(lane));
  const heads = lanesOf.filter(lanes => lanes.length).length;
  function placeRows() {
    const lanes = Math.max(1, data.lanes.length - data.hosts.filter(lane => lane !== null).length);
    ROW = Math.floor(clamp((tall - AXIS - heads * HEAD - 30) / lanes, 22, 44));
    BAR = Math.round(ROW * 0.62);
    rows = [];
    laneY = [];
    height = 0;
    data.groups.forEach((name, group) => {
      if (!lanesOf[group].length) return;
      rows.push({ y: height, head: name });
      height += HEAD;
      for (const lane of lanesOf[group]) {
        if (lane === data.hosts[group]) {
          laneY[lane] = height - (HEAD + ROW) / 2;
          rows[rows.length - 1].lane = lane;
          continue;
        }
        rows.push({ y: height, lane, label: texts[data.lanes[lane][1]] });
        laneY[lane] = height;
        height += ROW;
      }
    });
  }
  const spansOf = data.lanes.map(() => []);
  for (const span of data.spans) spansOf[span[0]].push(span);

  const canvas = byId('canvas'), context = canvas.getContext('2d'), tip = byId('tip');
  let colors = {}, width = 0, tall = 0, ratio = 1, drawing = false;
  const view = { x: 0, scale: 10, y: 0 };
  let selected = -1, hovered = -1, matches = [], query = '';

  const readColors = () => {
    const style = getComputedStyle(document.documentElement);
    const names = ['back', 'panel', 'text', 'faint', 'line', 'row', 'mark', 'select', 'bad'];
    for (const name of names.concat(KINDS.map(k => k[0]), ARROWS.map(a => a[0])))
      colors[name] = style.getPropertyValue('--' + name).trim();
  };
  const toX = at => GUTTER + (at - view.x) * view.scale;
  const toAt = x => view.x + (x - GUTTER) / view.scale;
  const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
  const room = () => Math.max(50, width - GUTTER);
  const smallest = () => Math.min(40, room() / Math.max(1, count));

  function limit() {
    view.scale = clamp(view.scale, smallest(), 160);
    const visible = room() / view.scale;
    view.x = clamp(view.x, -visible * 0.05, Math.max(0, count - visible * 0.95));
    if (visible >= count) view.x = 0;
    view.y = clamp(view.y, 0, Math.max(0, height - (tall - AXIS) + 10));
  }
  function request() {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => { drawing = false; draw(); });
  }
  /** Returns the first position of a sorted list whose key is above a value. */
  function after(list, value, key) {
    let low = 0, high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (key(list[middle]) > value) high = middle; else low = middle + 1;
    }
    return low;
  }
  function fitText(text, space) {
    if (space < 14) return '';
    if (context.measureText(text).width <= space) return text;
    let end = Math.min(text.length, Math.floor(space / 5));
    while (end > 1 && context.measureText(text.slice(0, end) + '…').width > space) end--;
    return end > 1 ? text.slice(0, end) + '…' : '';
  }

  function draw() {
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = colors.back;
    context.fillRect(0, 0, width, tall);
    context.font = '12px system-ui, "DejaVu Sans", sans-serif';
    context.textBaseline = 'middle';
    const first = Math.max(0, Math.floor(toAt(GUTTER))), last = Math.min(count, Math.ceil(toAt(width)));
    const top = y => AXIS + y - view.y;
    const isSeen = (y, size) => top(y) + size > AXIS && top(y) < tall;
    context.save();
    context.beginPath();
    context.rect(0, AXIS, width, tall - AXIS);
    context.clip();
    rows.forEach((row, number) => {
      const size = row.head === undefined ? ROW : HEAD;
      if (!isSeen(row.y, size)) return;
      context.fillStyle = row.head !== undefined ? colors.panel : number % 2 ? colors.row : colors.back;
      context.fillRect(0, top(row.y), width, size);
    });
    context.save();
    context.beginPath();
    context.rect(GUTTER, AXIS, width - GUTTER, tall - AXIS);
    context.clip();
    drawMarks(first, last);
    drawSpans(first, last, top, isSeen);
    drawPoints(first, last, top, isSeen);
    drawArrows(first, last, top);
    drawSelected();
    context.restore();
    for (const row of rows) {
      const size = row.head === undefined ? ROW : HEAD;
      if (!isSeen(row.y, size)) continue;
      context.fillStyle = row.head !== undefined ? colors.text : colors.faint;
      context.font = (row.head !== undefined ? 'bold ' : '') + '12px system-ui, "DejaVu Sans", sans-serif';
      const indent = row.head !== undefined ? 10 : 22;
      context.fillText(fitText(row.head ?? row.label, GUTTER - indent - 8), indent, top(row.y) + size / 2);
    }
    context.fillStyle = colors.line;
    context.fillRect(GUTTER - 1, AXIS, 1, tall);
    context.restore();
    drawAxis(first, last);
  }
  function drawMarks(first, last) {
    context.fillStyle = colors.mark;
    let before = -10;
    for (let i = after(matches, first - 1, at => at); i < matches.length && matches[i] <= last; i++) {
      const x = toX(matches[i]);
      if (x - before < 1) continue;
      before = x;
      context.globalAlpha = 0.45;
      context.fillRect(x, AXIS, Math.max(1, view.scale), tall);
      context.globalAlpha = 1;
    }
  }
  function drawSpans(first, last, top, isSeen) {
    context.font = '11px system-ui, "DejaVu Sans", sans-serif';
    for (let lane = 0; lane < spansOf.length; lane++) {
      const y = laneY[lane];
      if (y === undefined || !isSeen(y, ROW)) continue;
      const list = spansOf[lane];
      for (let i = after(list, first, span => span[2]); i < list.length && list[i][1] <= last;) {
        const [, from, to, kind, , state] = list[i];
        const left = Math.max(GUTTER - 2, toX(from)), right = Math.min(width + 2, toX(to));
        const thin = kind === 2 || kind === 4 || kind === 7 || kind === 5;
        const size = thin ? BAR / 2 : BAR, above = top(y) + (ROW - size) / 2;
        context.fillStyle = colors[KINDS[kind][0]];
        context.fillRect(left, above, Math.max(1, right - left - (right - left > 4 ? 1 : 0)), size);
        if (right - left > 46 && !thin) {
          context.fillStyle = kind === 1 || kind === 7 ? colors.text : '#ffffff';
          const label = fitText(texts[state], right - left - 8);
          context.fillText(label, left + 4, top(y) + ROW / 2);
        }
        // Spans that begin in the same half of a pixel are one.
        i = Math.max(i + 1, view.scale < 1 ? after(list, toAt(right + 0.3), span => span[2]) : 0);
      }
    }
  }
  function drawPoints(first, last, top, isSeen) {
    if (view.scale < 4) return;
    context.fillStyle = colors.text;
    const size = clamp(view.scale / 6, 1.5, 2.6);
    for (let at = first; at < last; at++) {
      const y = laneY[points[at][1]];
      if (y === undefined || !isSeen(y, ROW)) continue;
      context.beginPath();
      context.arc(toX(at + 0.5), top(y) + Math.min((ROW + BAR) / 2 + 2, isHead(points[at][1]) ? (ROW + HEAD) / 2 - 3 : ROW), size, 0, 7);
      context.fill();
    }
  }
  function drawArrows(first, last, top) {
    const seen = data.arrows.filter(a => Math.max(a[2], a[4]) >= first && Math.min(a[2], a[4]) <= last);
    // Too many arrows hide everything: those of the selected event stay.
    const shown = seen.length <= 1200 ? seen : seen.filter(a => a[2] === selected || a[4] === selected);
    for (const [kind, fromLane, from, toLane, to, text] of shown) {
      const x = toX(from + 0.5), endX = toX(to + 0.5);
      const y = top(laneY[fromLane]) + ROW / 2, endY = top(laneY[toLane]) + ROW / 2;
      const isOn = selected === from || selected === to;
      const color = colors[ARROWS[kind][0]];
      context.strokeStyle = context.fillStyle = color;
      context.lineWidth = isOn ? 2.4 : 1.2;
      context.globalAlpha = isOn ? 1 : clamp(150 / seen.length, 0.12, 1);
      const down = Math.sign(endY - y) || 1, tip = endY - down * 4;
      context.beginPath();
      context.moveTo(x, y);
      const bend = Math.abs(tip - y) / 2;
      context.bezierCurveTo(x, y + down * bend, endX, tip - down * bend, endX, tip);
      context.stroke();
      context.beginPath();
      context.moveTo(endX, endY);
      context.lineTo(endX - 3.5, endY - down * 7);
      context.lineTo(endX + 3.5, endY - down * 7);
      context.fill();
      if (kind === 2 && view.scale > 5 && seen.length < 400) {
        const label = texts[text];
        context.font = '11px system-ui, "DejaVu Sans", sans-serif';
        const space = context.measureText(label).width;
        context.fillStyle = colors.back;
        context.fillRect((x + endX) / 2 + 4, (y + endY) / 2 - 7, space + 4, 14);
        context.fillStyle = color;
        context.fillText(label, (x + endX) / 2 + 6, (y + endY) / 2);
      }
      context.globalAlpha = 1;
    }
  }
  function drawSelected() {
    if (hovered >= 0) {
      context.fillStyle = colors.faint;
      context.globalAlpha = 0.15;
      context.fillRect(toX(hovered), AXIS, Math.max(1, view.scale), tall);
      context.globalAlpha = 1;
    }
    if (selected < 0) return;
    context.strokeStyle = colors.select;
    context.lineWidth = 1.5;
    context.strokeRect(toX(selected), AXIS, Math.max(1, view.scale), tall);
  }
  function drawAxis(first, last) {
    context.fillStyle = colors.panel;
    context.fillRect(0, 0, width, AXIS);
    context.fillStyle = colors.line;
    context.fillRect(0, AXIS - 1, width, 1);
    context.fillStyle = colors.faint;
    context.font = '11px system-ui, "DejaVu Sans", sans-serif';
    context.fillText('event number' + (hasTimes ? '' : ', and choices ▼'), 10, hasTimes ? 9 : AXIS / 2);
    if (hasTimes) context.fillText('time, and choices ▼', 10, 22);
    context.save();
    context.beginPath();
    context.rect(GUTTER, 0, width - GUTTER, AXIS);
    context.clip();
    const wanted = 70 / view.scale;
    const power = Math.pow(10, Math.floor(Math.log10(Math.max(1, wanted))));
    const step = Math.max(1, [1, 2, 5, 10].map(n => n * power).find(n => n >= wanted) ?? wanted);
    for (let number = Math.ceil((first + data.first) / step) * step; number <= last + data.first; number += step) {
      const x = toX(number - data.first + 0.5);
      context.fillStyle = colors.faint;
      context.fillText(String(number), x + 3, 9);
      context.fillRect(x, 0, 1, 6);
      if (hasTimes && points[number - data.first]) {
        context.fillStyle = colors.text;
        context.fillText(duration(points[number - data.first][3]), x + 3, 22);
      }
    }
    let before = -10;
    for (let i = after(data.choices, first - 1, c => c[0]); i < data.choices.length && data.choices[i][0] <= last; i++) {
      const x = toX(data.choices[i][0] + 0.5), isOn = data.choices[i][0] === selected;
      if (x - before < 3 && !isOn) continue;
      before = x;
      context.fillStyle = isOn ? colors.bad : colors.call;
      const size = isOn ? 6 : 4;
      context.beginPath();
      context.moveTo(x, AXIS - 2);
      context.lineTo(x - size, AXIS - 2 - size * 1.6);
      context.lineTo(x + size, AXIS - 2 - size * 1.6);
      context.fill();
    }
    context.restore();
  }

  /** Returns a time in microseconds as a text. */
  function duration(micros) {
    const units = [[6e7, 60e6, 'min'], [1e6, 1e6, 's'], [1e3, 1e3, 'ms']];
    const [, size, unit] = units.find(([least]) => micros >= least) ?? [0, 1, 'µs'];
    return `${Number((micros / size).toPrecision(5))} ${unit}`;
  }
  function describe(at) {
    const [turn, lane, text, time] = points[at];
    const group = data.lanes[lane][0], name = texts[data.lanes[lane][1]];
    const place = isHead(lane) ? data.groups[group] : `${data.groups[group]}, ${name}`;
    let line = `event ${at + data.first}, turn ${turn}` + (time === null ? '' : `, ${duration(time)}`) + ` — ${place}\n${texts[text]}`;
    const choice = data.choices.findIndex(c => c[0] === at);
    if (choice >= 0) {
      const [, what, possible, chosen] = data.choices[choice];
      line += `\nchoice ${choice + 1} of ${data.choices.length}: ${texts[what]}, possibility ${chosen} of 0 to ${possible - 1}`;
    }
    return line;
  }
  function spanAt(lane, at) {
    const list = spansOf[lane] ?? [];
    const span = list[after(list, at, s => s[2])];
    return span && span[1] <= at ? `${texts[span[4]]} ${texts[span[5]]}` : '';
  }
  function laneAt(y) {
    const at = y - AXIS + view.y;
    const row = rows.findLast(r => r.y <= at);
    return y > AXIS && row && at < height ? row.lane : undefined;
  }
  function select(at, isCentered) {
    if (!count) return;
    selected = clamp(at, 0, count - 1);
    byId('detail').textContent = describe(selected);
    if (isCentered) {
      const visible = room() / view.scale;
      if (selected < view.x + visible * 0.1 || selected > view.x + visible * 0.9) view.x = selected - visible / 2;
      const y = laneY[points[selected][1]] ?? 0;
      if (y < view.y || y > view.y + tall - AXIS - ROW) view.y = y - (tall - AXIS) / 2;
    }
    try { history.replaceState(null, '', '#event=' + (selected + data.first)); } catch { /* not allowed for this file */ }
    limit();
    request();
  }
  function stepChoice(direction) {
    if (!data.choices.length) return select(selected + direction, true);
    const at = selected < 0 ? (direction > 0 ? -1 : count) : selected;
    const next = direction > 0
      ? data.choices[after(data.choices, at, c => c[0])]
      : data.choices[after(data.choices, at - 1, c => c[0]) - 1];
    if (next) {
      view.scale = Math.max(view.scale, Math.min(12, room() / 60));
      select(next[0], true);
    }
  }
  function zoom(factor, x) {
    const at = toAt(x);
    view.scale = clamp(view.scale * factor, smallest(), 160);
    view.x = at - (x - GUTTER) / view.scale;
    limit();
    request();
  }
  function fit() {
    view.x = view.y = 0;
    view.scale = smallest();
    limit();
    request();
  }
  function search(text) {
    query = text.trim().toLowerCase();
    const found = new Set();
    if (query) texts.forEach((it, number) => { if (it.toLowerCase().includes(query)) found.add(number); });
    matches = [];
    if (query) points.forEach((point, at) => { if (found.has(point[2])) matches.push(at); });
    byId('found').textContent = query ? `${matches.length} events` : '';
    request();
  }
  function stepMatch(direction) {
    if (!matches.length) return;
    let next = direction > 0 ? after(matches, selected, at => at) : after(matches, selected - 1, at => at) - 1;
    next = (next + matches.length) % matches.length;
    view.scale = Math.max(view.scale, 2);
    select(matches[next], true);
    byId('found').textContent = `${next + 1} of ${matches.length} events`;
  }

  function resize() {
    const wasFit = Math.abs(view.scale - smallest()) < 1e-9;
    ratio = window.devicePixelRatio || 1;
    width = canvas.clientWidth;
    tall = canvas.clientHeight;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(tall * ratio);
    if (wasFit) view.scale = smallest();
    placeRows();
    limit();
    draw();
  }

  let drag = null;
  canvas.addEventListener('pointerdown', event => {
    drag = { x: event.clientX, y: event.clientY, from: view.x, fromY: view.y, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', event => {
    const box = canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    if (drag) {
      const moved = event.clientX - drag.x, down = event.clientY - drag.y;
      drag.moved ||= Math.abs(moved) + Math.abs(down) > 4;
      if (drag.moved) {
        view.x = drag.from - moved / view.scale;
        view.y = drag.fromY - down;
        limit();
        tip.hidden = true;
        request();
      }
      return;
    }
    const at = Math.floor(toAt(x)), lane = laneAt(y);
    hovered = x >= GUTTER && at >= 0 && at < count ? at : -1;
    let text = hovered < 0 ? '' : describe(hovered);
    const span = hovered >= 0 && lane !== undefined ? spanAt(lane, hovered) : '';
    if (span) text = span + '\n\n' + text;
    if (hovered < 0 && lane !== undefined) text = texts[data.lanes[lane][1]];
    tip.hidden = !text;
    tip.textContent = text;
    if (text) {
      const size = tip.getBoundingClientRect();
      tip.style.left = clamp(x + 14, 0, Math.max(0, width - size.width - 4)) + 'px';
      tip.style.top = clamp(y + 16, 0, Math.max(0, tall - size.height - 4)) + 'px';
    }
    request();
  });
  canvas.addEventListener('pointerup', event => {
    const box = canvas.getBoundingClientRect(), x = event.clientX - box.left;
    if (drag && !drag.moved && x >= GUTTER) select(Math.floor(toAt(x)), false);
    drag = null;
  });
  canvas.addEventListener('pointerleave', () => { hovered = -1; tip.hidden = true; request(); });
  canvas.addEventListener('wheel', event => {
    event.preventDefault();
    const x = event.clientX - canvas.getBoundingClientRect().left;
    if (x < GUTTER) {
      view.y += event.deltaY;
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      view.x += (event.deltaX || event.deltaY) / view.scale;
    } else {
      return zoom(Math.pow(1.0016, -event.deltaY), x);
    }
    limit();
    request();
  }, { passive: false });

  const middle = () => selected >= 0 ? clamp(toX(selected + 0.5), GUTTER, width) : GUTTER + room() / 2;
  const KEYS = {
    ArrowRight: () => stepChoice(1), ArrowLeft: () => stepChoice(-1),
    '.': () => select(selected + 1, true), ',': () => select(selected - 1, true),
    '+': () => zoom(1.5, middle()), '=': () => zoom(1.5, middle()), '-': () => zoom(1 / 1.5, middle()),
    0: fit, '/': () => byId('search').focus(), n: () => stepMatch(1), N: () => stepMatch(-1),
    ArrowUp: () => { view.y -= ROW * 2; limit(); request(); },
    ArrowDown: () => { view.y += ROW * 2; limit(); request(); },
  };
  window.addEventListener('keydown', event => {
    if (event.target === byId('search')) {
      if (event.key === 'Enter') stepMatch(event.shiftKey ? -1 : 1);
      if (event.key === 'Escape') { byId('search').value = ''; search(''); canvas.focus(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  byId('search').addEventListener('input', event => search(event.target.value));
  byId('zoom-in').onclick = () => zoom(1.5, middle());
  byId('zoom-out').onclick = () => zoom(1 / 1.5, middle());
  byId('fit').onclick = fit;
  byId('choice-before').onclick = () => stepChoice(-1);
  byId('choice-after').onclick = () => stepChoice(1);
  byId('event-before').onclick = () => select(selected - 1, true);
  byId('event-after').onclick = () => select(selected + 1, true);
  byId('choice-before').disabled = byId('choice-after').disabled = !data.choices.length;

  /** Draws who waits for whom: nodes on an ellipse, and an edge for each wait. */
  function drawWaits() {
    const { nodes, edges } = data.waits;
    if (!nodes.length) return;
    byId('waits').hidden = false;
    const BOX = 150, TALL = 40, many = nodes.length;
    const across = Math.max(260, many * 38), up = many < 3 ? 14 : Math.max(70, many * 20);
    const size = { x: across * 2 * 0.62 + BOX + 260, y: up * 2 + TALL + 50 };
    const places = nodes.map((_, number) => {
      if (many === 1) return [size.x / 2, size.y / 2];
      const angle = Math.PI * (2 * number / many - (many === 2 ? 1 : 0.5));
      return [size.x / 2 + Math.cos(angle) * across * 0.62, size.y / 2 + Math.sin(angle) * up];
    });
    const make = (name, attributes, text) => {
      const element = document.createElementNS('http://www.w3.org/2000/svg', name);
      for (const key in attributes) element.setAttribute(key, attributes[key]);
      if (text !== undefined) element.textContent = text;
      return element;
    };
    const cut = (text, most) => text.length > most ? text.slice(0, most - 1) + '…' : text;
    const svg = make('svg', { viewBox: `0 0 ${size.x} ${size.y}`, width: size.x, height: size.y, role: 'img' });
    svg.append(make('title', {}, 'Who waits for whom'));
    for (const [id, color] of [['tip-of-edge', 'var(--faint)'], ['tip-of-circle', 'var(--bad)']]) {
      const marker = make('marker', { id, viewBox: '0 0 10 10', refX: 9, refY: 5, markerWidth: 7, markerHeight: 7, orient: 'auto-start-reverse' });
      marker.append(make('path', { d: 'M0 0 10 5 0 10z', style: `fill:${color}` }));
      svg.append(marker);
    }
    const inCircle = new Set();
    /** Returns the point of a box's border towards another point. */
    const border = ([x, y], [toX, toY]) => {
      const dx = toX - x, dy = toY - y;
      const share = Math.min(BOX / 2 / Math.max(1e-6, Math.abs(dx)), TALL / 2 / Math.max(1e-6, Math.abs(dy)));
      return [x + dx * Math.min(1, share), y + dy * Math.min(1, share)];
    };
    const labels = [], between = new Map();
    for (const [from, to, label, isCircle] of edges) {
      if (isCircle) { inCircle.add(from); inCircle.add(to); }
      const kind = isCircle ? ' circle' : '', marker = isCircle ? 'url(#tip-of-circle)' : 'url(#tip-of-edge)';
      const pair = from + ' ' + to, turn = between.get(pair) ?? 0;
      between.set(pair, turn + 1);
      const a = places[from], b = places[to];
      if (from === to) {
        const [x, y] = a;
        svg.append(make('path', { class: 'edge' + kind, 'marker-end': marker, d: `M${x - 20} ${y - TALL / 2}C${x - 50} ${y - TALL - 30} ${x + 50} ${y - TALL - 30} ${x + 20} ${y - TALL / 2}` }));
        labels.push([x, y - TALL - 18, label]);
        continue;
      }
      const dx = b[0] - a[0], dy = b[1] - a[1], long = Math.hypot(dx, dy) || 1;
      const bend = 26 + turn * 30;
      const control = [(a[0] + b[0]) / 2 - dy / long * bend, (a[1] + b[1]) / 2 + dx / long * bend];
      const [x, y] = border(a, control), [endX, endY] = border(b, control);
      svg.append(make('path', { class: 'edge' + kind, 'marker-end': marker, d: `M${x} ${y}Q${control[0]} ${control[1]} ${endX} ${endY}` }));
      labels.push([x * 0.28 + control[0] * 0.5 + endX * 0.22 - dy / long * 9, y * 0.28 + control[1] * 0.5 + endY * 0.22 + dx / long * 9, label]);
    }
    nodes.forEach(([name, place, isTask], number) => {
      const [x, y] = places[number];
      const group = make('g', { class: 'node' + (isTask ? ' task' : '') + (inCircle.has(number) ? ' circle' : '') });
      group.append(make('title', {}, place ? `${name} of ${place}` : name));
      group.append(make('rect', { x: x - BOX / 2, y: y - TALL / 2, width: BOX, height: TALL, rx: 7 }));
      group.append(make('text', { x, y: y + (place ? -3 : 4), 'text-anchor': 'middle' }, cut(name, 21)));
      if (place) group.append(make('text', { x, y: y + 13, 'text-anchor': 'middle', class: 'place' }, cut(isTask ? 'instance ' + place : place, 24)));
      svg.append(group);
    });
    if (edges.length <= 40)
      for (const [x, y, label] of labels) svg.append(make('text', { x, y: y + 3, 'text-anchor': 'middle', class: 'label' }, label));
    byId('graph').append(svg);
  }

  const legend = byId('legend');
  for (const [list, kind] of [[KINDS, ''], [ARROWS, 'arrow']])
    for (const [name, words] of list) {
      const item = document.createElement('span');
      item.className = kind;
      item.style.setProperty('--color', `var(--${name})`);
      item.textContent = words;
      legend.append(item);
    }
  const turns = count ? points[count - 1][0] - points[0][0] + 1 : 0;
  const stores = data.hosts.filter(lane => lane !== null).length;
  byId('summary').textContent = `${count} events in ${stores > 1 ? `${stores} stores` : `${turns} turns`}, ${data.choices.length} choices, ${data.lanes.length} lanes`
    + (hasTimes ? `, ${duration(points[count - 1][3])}` : '')
    + (data.first ? `; ${data.first} earlier events were dropped` : '');
  drawWaits();
  readColors();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { readColors(); request(); });
  new ResizeObserver(resize).observe(canvas);
  resize();
  fit();
  const wanted = /event=(\d+)/.exec(location.hash);
  if (wanted) {
    view.scale = Math.max(view.scale, Math.min(10, room() / 80));
    select(Number(wanted[1]) - data.first, true);
  }
})();
