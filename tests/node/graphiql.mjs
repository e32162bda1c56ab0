// Opens GraphiQL in Chromium, as a newcomer would: node graphiql.mjs BASE_URL STEPS [SCREENSHOT]
//
// STEPS is a JSON list of { operation, variables?, expect }: each is shown (with variables: by a link), run, and waited for
// until the answer contains `expect`. Every operation file must have its tab, no request may go to another origin, and the
// console must stay clean. The last line printed is "ok …", or the exit status is 1.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { chromium } from 'playwright-core';

const [base, steps, screenshot] = process.argv.slice(2);
const home = new URL('/graphiql/', base).href;
const origins = [new URL(base).origin, new URL(base).origin.replace(/^http/, 'ws')];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    // Whatever escapes the listeners below finds no host.
    `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${new URL(base).hostname}`,
  ],
});
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'ja-JP' });
const strangers = new Set();
const complaints = [];

function watch(page) {
  const note = (url) => {
    const { origin, protocol } = new URL(url);
    if (protocol !== 'data:' && protocol !== 'blob:' && !origins.includes(origin)) strangers.add(url);
  };
  page.on('request', (request) => note(request.url()));
  page.on('websocket', (socket) => note(socket.url()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text().slice(0, 300));
  });
  return page;
}

function operationsOfTheFiles() {
  const folder = new URL('../../graphql/operations/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'));
  return files.sort().map((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    return /^(?:query|mutation|subscription)\s+(\w+)/m.exec(text)[1];
  });
}

/** Monaco shows spaces as no-break spaces, and only the lines in sight. */
async function shows(page, selector, text) {
  await page.waitForFunction(
    ([place, wanted]) => document.querySelector(place)?.textContent.replaceAll('\u00a0', ' ').includes(wanted),
    [selector, text],
    { timeout: 20_000 },
  );
}

const link = (operation, variables) =>
  `${home}?${new URLSearchParams({ operation, variables: JSON.stringify(variables) })}`;
const tab = (page, operation) => page.locator('.graphiql-tab-button').getByText(operation, { exact: true });

async function run(page, { operation, variables, expect }) {
  if (variables) await page.goto(link(operation, variables));
  else await tab(page, operation).click();
  await shows(page, '.graphiql-query-editor', operation);
  await page.locator('.graphiql-execute-button').click();
  await shows(page, '.graphiql-response', expect).catch(async () => {
    const answer = await page.locator('.graphiql-response').textContent();
    assert.fail(`${operation}: the answer lacks ${expect}: ${answer}`);
  });
}

/** A mail's link, in a browser that never was here: its step in front, the token in no address and in no lasting store. */
async function followsALink() {
  const page = watch(await context.newPage());
  await page.goto(link('ConfirmRegistration', { input: { token: 'token-of-a-mail' } }));
  await shows(page, '.graphiql-editor-tool', 'token-of-a-mail');
  assert.equal(await page.locator('.graphiql-tab-active .graphiql-tab-button').textContent(), 'ConfirmRegistration');
  assert.equal(page.url(), home);
  assert.equal(await page.evaluate(() => JSON.stringify(localStorage)), '{}');
  await page.close();
}

try {
  const page = watch(await context.newPage());
  await page.goto(home);
  const operations = operationsOfTheFiles();
  await tab(page, operations.at(-1)).waitFor();
  const titles = await page.locator('.graphiql-tab-button').allTextContents();
  assert.deepEqual(titles, operations);
  const done = JSON.parse(steps);
  for (const step of done) await run(page, step);
  if (screenshot) await page.screenshot({ path: screenshot });
  await followsALink();
  assert.deepEqual([...strangers], [], 'requests to other origins');
  assert.deepEqual(complaints, [], 'errors on the console');
  console.log(`ok ${titles.length} tabs, ${done.length} steps, no other origin`);
} finally {
  await browser.close();
}
