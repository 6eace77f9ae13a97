// The page: a list of searches, and one search live. It asks the API what any client may ask, and listens to the websocket.

const view = document.getElementById('view');
const connection = document.getElementById('connection');
const FIRST_SEARCH = `curl -X POST ${location.origin}/v1/searches \\
  -H 'content-type: application/json' -d '{"dataset": "digits"}'`;

/** An element with attributes and children; text is always text, never markup. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

async function ask(path, method = 'GET') {
  const response = await fetch(path, { method });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail ?? response.statusText);
  return answer;
}

function number(value) {
  if (typeof value !== 'number') return String(value ?? '–');
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5 ? value.toExponential(2) : value.toPrecision(4);
}

const endedOf = ({ complete, pruned, failed, cancelled }) => complete + pruned + failed + cancelled;

function table(heads, rows) {
  const head = element('tr', {}, ...heads.map((text) => element('th', { scope: 'col' }, text)));
  const body = rows.map((cells) => element('tr', {}, ...cells.map((cell) => element('td', {}, cell))));
  return element(
    'div',
    { class: 'scroll' },
    element('table', {}, element('thead', {}, head), element('tbody', {}, ...body)),
  );
}

async function showSearches() {
  const { items } = await ask('/v1/searches?limit=100');
  if (items.length === 0) {
    view.replaceChildren(
      element('h1', {}, 'No search yet'),
      element('p', {}, 'Begin one from a terminal; it appears here and can be watched live.'),
      element('pre', {}, FIRST_SEARCH),
    );
    return;
  }
  const rows = items.map(({ id, name, state, trials, best, specification }) => [
    element('a', { href: `#${id}` }, name),
    state,
    `${endedOf(trials)} of ${trials.total}`,
    best ? `${specification.objective.metric} ${number(best.value)}` : '–',
    new Date(items.find((one) => one.id === id).createdAt).toLocaleString(),
  ]);
  view.replaceChildren(element('h1', {}, 'Searches'), table(['name', 'state', 'trials', 'best', 'begun'], rows));
}

/** Both losses of one fold over its epochs, as lines. An epoch that was not told, or was not finite, is left out. */
function curve({ trainLoss, validationLoss }, epochs) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 100 40');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', 'training and validation loss by epoch');
  const finite = [...trainLoss, ...validationLoss].filter((loss) => typeof loss === 'number');
  const top = Math.max(...finite, 1e-9);
  for (const [kind, losses] of [
    ['train', trainLoss],
    ['validation', validationLoss],
  ]) {
    const points = losses.flatMap((loss, i) =>
      typeof loss !== 'number' ? [] : [`${((i + 1) / epochs) * 100},${39 - (loss / top) * 38}`],
    );
    const line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
    line.setAttribute('class', kind);
    line.setAttribute('points', points.join(' '));
    svg.append(line);
  }
  return svg;
}

/** What is known of one search, kept up to date by the messages of its websocket. */
function createState() {
  return { search: null, running: new Map(), best: [], log: [] };
}

function apply(state, message) {
  const { type, data } = message;
  if (type === 'snapshot') {
    state.search = message.search;
    state.running = new Map(
      message.running.map((trial) => [trial.number, { ...trial, fold: trial.folds[0] ?? emptyFold() }]),
    );
  } else if (type === 'trial.started') {
    state.running.set(data.number, { ...data, fold: emptyFold() });
  } else if (type === 'epoch') {
    const fold = state.running.get(message.number)?.fold;
    if (fold === undefined) return;
    // The snapshot may hold this epoch already: its place decides, not its arrival.
    fold.trainLoss[message.epoch - 1] = message.trainLoss;
    fold.validationLoss[message.epoch - 1] = message.validationLoss;
    fold.epochs = message.epochs;
  } else if (type.startsWith('trial.')) {
    state.running.delete(data.number);
    const how = type.slice('trial.'.length);
    const what =
      how === 'complete'
        ? data.outcome === 'diverged'
          ? `diverged: ${data.reason}`
          : number(data.value)
        : `${how}: ${data.reason}`;
    state.log.unshift(`trial ${data.number}  ${what}`);
    state.log.length = Math.min(state.log.length, 12);
  } else if (type === 'search.cancelled') {
    state.running.clear();
  }
}

function emptyFold() {
  return { trainLoss: [], validationLoss: [] };
}

function draw(state) {
  const { search, running, best, log } = state;
  const { trials, specification } = search;
  const act = (verb) =>
    element('button', { type: 'button', onclick: () => ask(`/v1/searches/${search.id}/${verb}`, 'POST') }, verb);
  const buttons =
    search.state === 'running' ? ['pause', 'cancel'] : search.state === 'paused' ? ['resume', 'cancel'] : [];
  const varied = Object.keys(specification.hyperparameters).filter(
    (name) => typeof specification.hyperparameters[name] === 'object',
  );
  const cards = [...running.values()].map(({ number: trial, hyperparameters, fold }) => {
    const epochs = fold.epochs ?? Math.max(specification.hyperparameters.epochs ?? 1, fold.trainLoss.length);
    const point = varied
      .filter((name) => name in hyperparameters)
      .map((name) => `${name} ${number(hyperparameters[name])}`);
    return element(
      'div',
      { class: 'card' },
      element('strong', {}, `trial ${trial}`),
      ` epoch ${fold.trainLoss.length} of ${epochs}`,
      curve(fold, epochs),
      element('div', { class: 'soft' }, point.join(' · ')),
    );
  });
  const rows = best.map((trial) => [
    String(trial.number),
    number(trial.value),
    ...varied.map((name) => number(trial.hyperparameters[name])),
  ]);
  view.replaceChildren(
    element('h1', {}, search.name),
    element(
      'p',
      { class: search.state === 'failed' ? 'bad' : 'soft' },
      `${search.state}${search.failure ? `: ${search.failure}` : ''} · ${search.dataset.name} · ${specification.sampler.type}, seed ${specification.sampler.seed}`,
    ),
    element('progress', { max: trials.total, value: endedOf(trials), 'aria-label': 'trials ended' }),
    element(
      'p',
      {},
      `${endedOf(trials)} of ${trials.total} trials` +
        (trials.diverged ? `, ${trials.diverged} diverged` : '') +
        (trials.failed ? `, ${trials.failed} failed` : '') +
        ' ',
      ...buttons.map(act),
    ),
    cards.length > 0 ? element('h2', {}, 'Training now: validation loss, and training loss dashed') : null,
    element('div', { class: 'cards' }, ...cards),
    rows.length > 0 ? element('h2', {}, 'Best') : null,
    rows.length > 0 ? table(['trial', specification.objective.metric, ...varied], rows) : null,
    log.length > 0 ? element('h2', {}, 'Just now') : null,
    log.length > 0 ? element('pre', {}, log.join('\n')) : null,
  );
}

/** Follows one search until the page turns to something else; reconnects with the last seq it has seen. */
function follow(id) {
  const state = createState();
  let socket;
  let seq;
  let over = false;
  let due = false;
  let stale = true;

  const refresh = async () => {
    due = false;
    if (over) return;
    if (stale) {
      stale = false;
      const [search, { items }] = await Promise.all([
        ask(`/v1/searches/${id}`),
        ask(`/v1/searches/${id}/best?limit=10`),
      ]);
      state.search = search;
      state.best = items;
    }
    if (!over) draw(state);
  };
  const soon = () => {
    if (due) return;
    due = true;
    setTimeout(() => requestAnimationFrame(() => refresh().catch(fail)), 120);
  };
  const open = () => {
    const after = seq === undefined ? '' : `?after=${seq}`;
    socket = new WebSocket(`${location.origin.replace('http', 'ws')}/v1/searches/${id}/events${after}`);
    socket.onopen = () => connection.replaceChildren('live');
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.seq !== undefined) {
        seq = message.seq;
        stale = true;
      }
      if (message.type === 'removed') {
        location.hash = '';
        return;
      }
      apply(state, message);
      soon();
    };
    socket.onclose = () => {
      if (over) return;
      connection.replaceChildren('disconnected; trying again…');
      setTimeout(() => over || open(), 1000);
    };
  };
  refresh().then(open, fail);
  return () => {
    over = true;
    socket?.close();
    connection.replaceChildren();
  };
}

function fail(error) {
  view.replaceChildren(element('h1', {}, 'That did not work'), element('p', { class: 'bad' }, error.message));
}

let leave = () => {};
function route() {
  leave();
  leave = () => {};
  const id = location.hash.slice(1);
  if (id !== '') leave = follow(id);
  else showSearches().catch(fail);
}
addEventListener('hashchange', route);
route();
