// Opens GraphiQL in Chromium, as a newcomer would: node graphiql.mjs BASE_URL STEPS [SCREENSHOT]
//
// STEPS is a JSON list of { operation, variables?, expect }: each is shown (with variables: by a link), run, and waited for
// until the answer contains `expect`. Every operation file must have its tab, no request may go to another origin, and the
// console must stay clean. The last line printed is "ok …", or the exit status is 1.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { home, link, openBrowser, press, shows, tab } from './browser.mjs';

const [base, steps, screenshot] = process.argv.slice(2);

const browser = await openBrowser(base);
const profile = await browser.openProfile();

function operationsOfTheFiles() {
  const folder = new URL('../../graphql/operations/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'));
  return files.sort().map((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    return /^(?:query|mutation|subscription)\s+(\w+)/m.exec(text)[1];
  });
}

async function run(page, { operation, variables, expect }) {
  if (variables) await page.goto(link(base, operation, variables));
  else await tab(page, operation).click();
  await shows(page, '.graphiql-query-editor', operation).catch(async () => {
    const tabs = await page.locator('.graphiql-tab-active').allTextContents();
    assert.fail(`${operation} is not in the editor: ${await page.locator('.graphiql-query-editor').textContent()} (${tabs})`);
  });
  await press(page);
  await shows(page, '.graphiql-response', expect).catch(async () => {
    const answer = await page.locator('.graphiql-response').textContent();
    assert.fail(`${operation}: the answer lacks ${expect}: ${answer}`);
  });
}

/** A mail's link, in a browser that never was here: its step in front, the token in no address and in no lasting store. */
async function followsALink() {
  const page = browser.watch(await profile.newPage());
  await page.goto(link(base, 'ConfirmRegistration', { input: { token: 'token-of-a-mail' } }));
  await shows(page, '.graphiql-editor-tool', 'token-of-a-mail');
  assert.equal(await page.locator('.graphiql-tab-active .graphiql-tab-button').textContent(), 'ConfirmRegistration');
  assert.equal(page.url(), home(base));
  assert.equal(await page.evaluate(() => JSON.stringify(localStorage)), '{}');
  await page.close();
}

try {
  const page = browser.watch(await profile.newPage());
  await page.goto(home(base));
  const operations = operationsOfTheFiles();
  await tab(page, operations.at(-1)).waitFor();
  const titles = await page.locator('.graphiql-tab-button').allTextContents();
  assert.deepEqual(titles, operations);
  // Whoever presses a tab has seen the first one: pressed while the editor is still being made, it is lost to the editor.
  await shows(page, '.graphiql-query-editor', operations[0]);
  const done = JSON.parse(steps);
  for (const step of done) await run(page, step);
  if (screenshot) await page.screenshot({ path: screenshot });
  await followsALink();
  browser.assertClean();
  console.log(`ok ${titles.length} tabs, ${done.length} steps, no other origin`);
} finally {
  await browser.close();
}
