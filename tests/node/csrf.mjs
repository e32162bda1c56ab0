// Pages of other origins against somebody who is logged in, in Chromium: node csrf.mjs http://… FACILITY
//
// Before the gateway stands a window that notes what arrives of each shape (csrf-shapes.mjs), so that none counts that was never
// sent. Another port of the same host is the hard case: to cookies it is the same site. After each shape the visitor must be who
// they were, with nothing begun in their name; at the end the portal's own page does the same, and all of it happens.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, request as forward } from 'node:http';
import { launch } from './browser.mjs';
import { SHAPES } from './csrf-shapes.mjs';

const [portal, facility] = process.argv.slice(2);
const { hostname, port } = new URL(portal);
const EMAIL = 'sample@example.jp';
const PASSWORD = 'madoguchi-demo-2026';
const logIn = (email) =>
  `mutation { logIn(input: { email: "${email}", password: "${PASSWORD}", delivery: COOKIE }) { userErrors { code } } }`;
const BEGIN = `mutation { createStartOfUseApplication(input: { facilityId: "${facility}" }) { userErrors { code } } }`;
const LOG_OUT = 'mutation { logOut { userErrors { code } } }';
const MUTATIONS = [BEGIN, LOG_OUT, logIn('clinic2@example.jp')];
const WHO = `{ viewer { email } facility(id: "${facility}") { name applications { totalCount } } }`;
const SECRETS = [WHO, `subscription { facilityEvents(facilityId: "${facility}") { cursor } }`];
const TELLING = [EMAIL, '見本整骨院', 'cursor"'];

const listen = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));

/** What arrived, by the mark in its address. */
const arrivals = new Map();
const waiting = new Map();
function arrived({ method, url, headers }, status) {
  const mark = new URL(url, portal).searchParams.get('shape');
  if (!mark) return;
  const own = { method, status, hasCookie: Boolean(headers.cookie?.includes('madoguchi_session=')) };
  arrivals.set(mark, [...(arrivals.get(mark) ?? []), own]);
  waiting.get(mark)?.();
}
const until = (mark) =>
  arrivals.has(mark) ||
  new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`nothing arrived of ${mark}`)), 10_000);
    waiting.set(mark, () => [clearTimeout(late), resolve()]);
  });

/** Fails when this takes longer than anything of it may, and says what it was. */
async function inTime(what, work) {
  let late;
  const end = new Promise((_, reject) => (late = setTimeout(() => reject(new Error(`no end of ${what}`)), 40_000)));
  return Promise.race([work, end]).finally(() => clearTimeout(late));
}

/** The window before the gateway. */
const pass = ({ method, url, headers }) => forward({ hostname, port, method, path: url, headers });
const before = createServer((asked, answer) => {
  const onward = pass(asked).on('response', (response) => {
    answer.writeHead(response.statusCode, response.rawHeaders);
    response.pipe(answer);
    response.on('close', () => arrived(asked, response.statusCode));
  });
  answer.on('close', () => onward.destroy());
  asked.pipe(onward);
});
before.on('upgrade', (asked, socket) => {
  const onward = pass(asked).end();
  const head = ({ statusCode, statusMessage, rawHeaders }) => {
    const pairs = Array.from({ length: rawHeaders.length / 2 }, (_, index) => rawHeaders.slice(2 * index, 2 * index + 2).join(': '));
    socket.write([`HTTP/1.1 ${statusCode} ${statusMessage}`, ...pairs, '', ''].join('\r\n'));
    arrived(asked, statusCode);
  };
  onward.on('response', (response) => [head(response), response.pipe(socket)]);
  onward.on('upgrade', (response, inner) => [head(response), inner.pipe(socket).pipe(inner), inner.on('error', () => socket.destroy())]);
  socket.on('error', () => onward.destroy());
});
const own = `http://127.0.0.1:${await listen(before)}`;

/** The foreign page, under whatever name it is asked for. */
const shapes = readFileSync(new URL('csrf-shapes.mjs', import.meta.url));
const foreign = createServer(({ url }, answer) => {
  const isModule = url === '/csrf-shapes.mjs';
  answer.setHeader('content-type', isModule ? 'text/javascript' : 'text/html; charset=utf-8');
  answer.end(isModule ? shapes : '<body><script type="module">import * as all from "/csrf-shapes.mjs"; Object.assign(window, all)</script>');
});
const foreignPort = await listen(foreign);
const ORIGINS = { 'same site': `http://127.0.0.1:${foreignPort}`, 'another site': `http://foreign.test:${foreignPort}` };

const browser = await launch('MAP foreign.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1');
const profile = await browser.newContext();

/** A page of the portal's own, which asks as one does. */
const home = await profile.newPage();
await home.goto(`${own}/healthz`);
const ask = (query, headers = {}) =>
  home.evaluate(
    async ([body, more]) => {
      const headers = { 'content-type': 'application/json', ...more };
      return (await fetch('/graphql', { method: 'POST', headers, body })).json();
    },
    [JSON.stringify({ query }), headers],
  );
const standing = async () => JSON.stringify((await ask(WHO)).data);

const leaves = (name) => name.endsWith('in place of the page');
/** Pages that are not to be closed, or have been asked to close. */
const dismissed = new Set([home]);

/** Fires a shape with these mutations at once and gives what the page could read, within a while: an element may tell neither of its
 * success nor of its failure, and that it was asked for is seen at the window. */
async function fire(page, origin, name, attempts) {
  await page.goto(`${origin}/`);
  await page.waitForFunction(() => window.SHAPES);
  const rows = attempts.map(({ mark, mutation }) => {
    const hash = createHash('sha256').update(mutation).digest('hex');
    return [`${own}/graphql?shape=${mark}`, mutation, SECRETS, hash];
  });
  const reading = page.evaluate(
    async ([shape, all]) => {
      const aWhile = new Promise((resolve) => setTimeout(resolve, 5_000));
      return `${await Promise.all(all.map((given) => Promise.race([window.SHAPES[shape](...given), aWhile])))}`;
    },
    [name, rows],
  );
  // A page that has left can read nothing, and may never answer.
  const read = leaves(name) ? '' : await reading;
  reading.catch(() => {});
  for (const { mark } of attempts) await until(mark);
  return read;
}

/** Fires a shape with every mutation, and gives what arrived of it. */
async function attack(relation, name, unharmed) {
  const attempts = MUTATIONS.map((mutation, index) => ({ mutation, mark: `${relation}/${name}/${index}`.replaceAll(' ', '-') }));
  for (const some of leaves(name) ? attempts.map((attempt) => [attempt]) : [attempts]) {
    // One that leaves may still be on its way.
    const called = `${relation}: ${name}`;
    const page = await inTime(`a new page for ${called}`, profile.newPage());
    const read = await inTime(called, fire(page, ORIGINS[relation], name, some));
    assert.equal(await inTime(`the question after ${called}`, standing()), unharmed, `${called} changed something`);
    const told = TELLING.filter((secret) => read.includes(secret));
    assert.deepEqual(told, [], `${called} could read ${read}`);
  }
  // A page that has left may never tell that it is closed. It has done what it could, and ends with the browser.
  const aWhile = new Promise((resolve) => setTimeout(resolve, 2_000));
  const closings = profile.pages().filter((open) => !dismissed.has(open)).map((open) => dismissed.add(open) && open.close().catch(() => {}));
  await Promise.race([Promise.all(closings), aWhile]);
  return attempts.flatMap(({ mark }) => arrivals.get(mark));
}

/** What all of them failed at, done by the portal's own page. */
async function doIt(unharmed, count) {
  await home.addScriptTag({ content: `${shapes}\nwindow.spoken = spoken;`, type: 'module' });
  await home.waitForFunction(() => window.spoken);
  const read = await home.evaluate(([url, documents]) => window.spoken(url, documents), [`${own}/graphql?`, SECRETS]);
  assert.deepEqual(TELLING.filter((secret) => !read.includes(secret)), [], read);
  await ask(BEGIN);
  assert.equal(await standing(), unharmed.replace(`"totalCount":${count}`, `"totalCount":${count + 1}`));
  await ask(LOG_OUT);
  assert.equal(await standing(), '{"viewer":null,"facility":null}');
  console.log('the own page: read, began, logged out');
}

try {
  await ask(logIn(EMAIL));
  const unharmed = await standing();
  const [, count] = /"totalCount":(\d+)/.exec(unharmed);
  for (const relation of Object.keys(ORIGINS)) {
    let withCookie = 0;
    for (const name of Object.keys(SHAPES)) {
      const seen = await attack(relation, name, unharmed);
      if (seen.some(({ hasCookie }) => hasCookie)) withCookie += 1;
      const kinds = new Set(seen.map(({ method, status, hasCookie }) => `${method} ${status}${hasCookie ? ' with the cookie' : ''}`));
      console.log(`${relation}: ${name}: ${[...kinds].join(', ')}`);
    }
    console.log(`csrf, ${relation}: ${Object.keys(SHAPES).length} shapes (${withCookie} with the cookie), 0 changes`);
  }
  await doIt(unharmed, Number(count));
} finally {
  await browser.close();
  for (const server of [before, foreign]) {
    server.close();
    server.closeAllConnections();
  }
}
