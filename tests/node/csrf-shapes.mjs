// What a page can make its visitor's browser send elsewhere, for csrf.mjs: each shape fires one request (or what stands for one) and
// gives what the page could read of the answer. A new shape is one row; what leaves the page ends its name with saying so. Imported by a page of a foreign origin.

const json = (query) => JSON.stringify({ query });
/** JSON that a form with `text/plain` writes: the equals sign between name and value stands inside a string. */
const inPlainText = (query) => ({ [json(query).slice(0, -1) + ',"x":"']: '"}' });
const inParts = (query) => ({ operations: json(query), map: '{}' });
const asForm = (fields) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
};
const at = (url, parameters) => `${url}&${new URLSearchParams(parameters)}`;
const stream = (url) => url.replace('/graphql?', '/graphql/stream?');

/** Puts an element into the page and waits until it has loaded or failed. */
const loaded = (name, attributes, place = document.body) =>
  new Promise((resolve) => {
    const element = Object.assign(document.createElement(name), attributes);
    element.onload = element.onerror = element.onloadeddata = () => resolve();
    place.append(element);
  });

let frames = 0;

/** Sends a form into a frame of its own and waits for it, or in place of this page. */
function submitted(action, fields, attributes, place) {
  const target = place ?? `frame-${(frames += 1)}`;
  const frame = Object.assign(document.createElement('iframe'), { name: target });
  const form = Object.assign(document.createElement('form'), { action, target, method: 'POST', ...attributes });
  for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement('input'), { name, value }));
  document.body.append(frame, form);
  const done = place ? undefined : new Promise((resolve) => (frame.onload = () => resolve()));
  form.submit();
  return done;
}

/** Fetches with the cookies; what the page may not read is an error or empty. */
const fetched = (url, options) =>
  fetch(url, { credentials: 'include', method: 'POST', ...options }).then((answer) => answer.text(), () => '');
const simple = (url, options) => fetched(url, { mode: 'no-cors', ...options });
const typed = (url, type, body, options) => fetched(url, { headers: { 'content-type': type }, body, ...options });

const asked = (url, prepare) =>
  new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.onloadend = () => resolve(request.responseText);
    request.open('POST', url);
    request.withCredentials = true;
    prepare(request);
  });

const heard = (url) =>
  new Promise((resolve) => {
    const source = new EventSource(url, { withCredentials: true });
    const end = ({ data }) => [source.close(), resolve(data ?? '')];
    source.onerror = source.onmessage = end;
    source.addEventListener('next', end);
  });

/** Runs all of these over a socket and gives every message that came. */
export const spoken = (url, documents) =>
  new Promise((resolve) => {
    const socket = new WebSocket(url.replace('http', 'ws').replace('/graphql?', '/graphql/ws?'), 'graphql-transport-ws');
    const say = (message) => socket.send(JSON.stringify(message));
    let messages = '';
    let left = documents.length;
    socket.onopen = () => say({ type: 'connection_init' });
    socket.onclose = () => resolve(messages);
    socket.onmessage = ({ data }) => {
      messages += data;
      const { type } = JSON.parse(data);
      if (type === 'connection_ack') documents.forEach((query, id) => say({ id: `${id}`, type: 'subscribe', payload: { query } }));
      if (type === 'next' || type === 'error') left -= 1;
      if (left === 0) socket.close();
    };
  });

/** A frame without an origin, which runs this. */
function sandboxed(script) {
  const told = new Promise((resolve) => addEventListener('message', () => resolve(), { once: true }));
  const srcdoc = `<body><script>${script}</script>`;
  const frame = document.createElement('iframe');
  frame.sandbox = 'allow-scripts allow-forms';
  frame.srcdoc = srcdoc;
  document.body.append(frame);
  return told;
}

/** Each by its name: `query` is a mutation, with its hash, and the secrets are documents that would tell something of the visitor. */
export const SHAPES = {
  'GET in place of the page': (url, query) => void setTimeout(() => (location.href = at(url, { query }))),
  'GET in a new window': (url, query) => void open(at(url, { query })),
  'GET by a link that is clicked, in place of the page': (url, query) => Object.assign(document.createElement('a'), { href: at(url, { query }) }).click(),
  'GET of a style sheet': (url, query) => loaded('link', { rel: 'stylesheet', href: at(url, { query }) }, document.head),
  'GET ahead of time': (url, query) => loaded('link', { rel: 'preload', as: 'fetch', href: at(url, { query }) }, document.head),
  'GET of an image': (url, query) => loaded('img', { src: at(url, { query }) }),
  'GET of a video': (url, query) => loaded('video', { src: at(url, { query }) }),
  'GET of a script': (url, query) => loaded('script', { src: at(url, { query }) }),
  'GET of a script that would tell': (url, _, [secret]) => loaded('script', { src: at(url, { query: secret }) }),
  'GET of a module': (url, query) => loaded('script', { type: 'module', crossOrigin: 'use-credentials', src: at(url, { query }) }),
  'GET of a frame': (url, query) => loaded('iframe', { src: at(url, { query }) }),
  'GET of an object': (url, query) => loaded('object', { data: at(url, { query }) }),
  'GET by a form': (url, query) => submitted(url, { query, shape: new URL(url).searchParams.get('shape') }, { method: 'GET' }),
  'GET by fetch': (url, query) => simple(at(url, { query }), { method: 'GET' }),
  'GET by fetch that would tell': (url, _, [secret]) => fetched(at(url, { query: secret }), { method: 'GET' }),
  'GET with another method asked for': (url, query) => simple(at(url, { query, _method: 'POST' }), { method: 'GET' }),
  'GET of a persisted mutation': (url, query, _, sha256Hash) => {
    const extensions = JSON.stringify({ persistedQuery: { version: 1, sha256Hash } });
    return simple(at(url, { query, extensions }), { method: 'GET' });
  },
  'GET of a stream': (url, query) => simple(at(stream(url), { query }), { method: 'GET' }),
  'HEAD by fetch': (url, query) => simple(at(url, { query }), { method: 'HEAD' }),
  'a form, urlencoded': (url, query) => submitted(url, { query }, {}),
  'a form, urlencoded, in place of the page': (url, query) => submitted(url, { query }, {}, '_top'),
  'a form, plain text': (url, query) => submitted(url, inPlainText(query), { enctype: 'text/plain' }),
  'a form, plain text, in place of the page': (url, query) =>
    submitted(url, inPlainText(query), { enctype: 'text/plain' }, '_top'),
  'a form, multipart': (url, query) => submitted(url, inParts(query), { enctype: 'multipart/form-data' }),
  'a form, with another method asked for': (url, query) => submitted(at(url, { _method: 'PUT' }), { query, _method: 'PUT' }, {}),
  'a form without an origin': (url, query) =>
    sandboxed(`document.body.innerHTML = '<form method=POST enctype=text/plain target=f><input><iframe name=f></iframe></form>';
      const form = document.forms[0]; form.action = ${JSON.stringify(url)};
      [form[0].name, form[0].value] = Object.entries(${JSON.stringify(inPlainText(query))})[0];
      document.querySelector('iframe').onload = () => parent.postMessage('done', '*'); form.submit();`),
  'a fetch without an origin': (url, query) =>
    sandboxed(`const done = () => parent.postMessage('done', '*');
      fetch(${JSON.stringify(url)}, { method: 'POST', mode: 'no-cors', credentials: 'include', body: ${JSON.stringify(json(query))} }).then(done, done);`),
  'fetch of plain text': (url, query) => simple(url, { body: json(query) }),
  'fetch of plain text, to outlive the page': (url, query) => simple(url, { body: json(query), keepalive: true }),
  'fetch of bytes without a type': (url, query) => simple(url, { body: new Blob([json(query)]) }),
  'fetch of a form': (url, query) => simple(url, { body: new URLSearchParams({ query }) }),
  'fetch of parts': (url, query) => simple(url, { body: asForm(inParts(query)) }),
  'fetch of JSON that is called text': (url, query) => typed(url, 'text/plain;a=application/json', json(query)),
  'fetch of JSON, without CORS': (url, query) => simple(url, { headers: { 'content-type': 'application/json' }, body: json(query) }),
  'fetch of JSON': (url, query) => typed(url, 'application/json', json(query)),
  'fetch of JSON that would tell': (url, _, [secret]) => typed(url, 'application/json', json(secret)),
  'fetch of a GraphQL document': (url, query) => typed(url, 'application/graphql', query),
  'fetch of a GraphQL response': (url, query) => typed(url, 'application/graphql-response+json', json(query)),
  'fetch of parts with the preflight header': (url, query) =>
    fetched(url, { headers: { 'apollo-require-preflight': 'true' }, body: asForm(inParts(query)) }),
  'fetch with another method asked for': (url, query) =>
    typed(at(url, { query }), 'application/json', json(query), { headers: { 'x-http-method-override': 'POST' }, method: 'GET', body: undefined }),
  'fetch of a stream': (url, query) => simple(stream(url), { body: json(query) }),
  PUT: (url, query) => typed(url, 'text/plain', json(query), { method: 'PUT' }),
  'PUT for a stream': (url) => fetched(stream(url), { method: 'PUT' }),
  PATCH: (url, query) => typed(url, 'application/json', json(query), { method: 'PATCH' }),
  DELETE: (url, query) => fetched(at(url, { query }), { method: 'DELETE' }),
  'a beacon of text': (url, query) => void navigator.sendBeacon(url, json(query)),
  'a beacon of a form': (url, query) => void navigator.sendBeacon(url, new URLSearchParams({ query })),
  'a beacon of parts': (url, query) => void navigator.sendBeacon(url, asForm(inParts(query))),
  'a beacon of JSON': (url, query) => void navigator.sendBeacon(url, new Blob([json(query)], { type: 'application/json' })),
  'a ping of a link': (url, query) =>
    Object.assign(document.createElement('a'), { href: '#here', ping: at(url, { query }) }).click(),
  'XMLHttpRequest of text': (url, query) => asked(url, (request) => request.send(json(query))),
  'XMLHttpRequest of JSON': (url, query) =>
    asked(url, (request) => [request.setRequestHeader('content-type', 'application/json'), request.send(json(query))]),
  'XMLHttpRequest of a form': (url, query) => asked(url, (request) => request.send(asForm({ query }))),
  'an EventSource': (url, query) => heard(at(url, { query })),
  'an EventSource that would tell': (url, _, [, secret]) => heard(at(url, { query: secret })),
  'a WebSocket': (url, query, secrets) => spoken(url, [...secrets, query]),
};
