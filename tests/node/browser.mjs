// Chromium, for the scripts that use GraphiQL as a person would and for those that attack.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

/** A browser without a head that calls nobody by itself; where hosts are is told by Chromium's rules. */
export const launch = (hosts) =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=${hosts}`,
    ],
  });

/** A browser that finds no host but the gateway's, and notes every request to another origin and every complaint. */
export async function openBrowser(base) {
  const origins = [new URL(base).origin, new URL(base).origin.replace(/^http/, 'ws')];
  // Whatever escapes the listeners below finds no host.
  const browser = await launch(`MAP * ~NOTFOUND, EXCLUDE ${new URL(base).hostname}`);
  const strangers = new Set();
  const complaints = [];
  const watch = (page) => {
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
  };
  /** A profile of its own: who logs in here is logged in nowhere else. */
  const openProfile = () => browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'ja-JP' });
  const assertClean = () => {
    assert.deepEqual([...strangers], [], 'requests to other origins');
    assert.deepEqual(complaints, [], 'errors on the console');
  };
  return { openProfile, watch, assertClean, close: () => browser.close() };
}

export const home = (base) => new URL('/graphiql/', base).href;

/** The address that opens a step with these variables. */
export const link = (base, operation, variables) =>
  `${home(base)}?${new URLSearchParams({ operation, variables: JSON.stringify(variables) })}`;

export const tab = (page, operation) => page.locator('.graphiql-tab-button').getByText(operation, { exact: true });

/** Waits until a place shows a text. Monaco shows spaces as no-break spaces, and only the lines in sight. */
export async function shows(page, selector, text, timeout = 60_000) {
  await page.waitForFunction(
    ([place, wanted]) => document.querySelector(place)?.textContent.replaceAll('\u00a0', ' ').includes(wanted),
    [selector, text],
    // A page behind another draws no frames, by which it would otherwise be asked.
    { timeout, polling: 100 },
  );
}

export const press = (page) => page.locator('.graphiql-execute-button').click();
