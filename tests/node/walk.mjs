// The README's walk "From registration to accounts, with GraphiQL alone", for one kind of facility: node walk.mjs BASE_URL ROW
//
// ROW is JSON: the RegisterUser fields that differ by kind, and the key. An applicant's and a reviewer's profile stand side by
// side; the status page runs all the while in a second window of the applicant's. The last line printed is "ok …".

import assert from 'node:assert/strict';
import { home, link, openBrowser, press, shows, tab } from './browser.mjs';

const [base, row] = process.argv.slice(2);
const { key, ...registration } = JSON.parse(row);
const password = 'a long password of my own';

const browser = await openBrowser(base);

/** Opens a step's tab, types the variables over those that stand there, presses the button and gives what came back. */
async function step(page, operation, variables) {
  await page.bringToFront();
  await again(async () => {
    await tab(page, operation).click();
    await shows(page, '.graphiql-query-editor', operation, 4_000);
  });
  await type(page, variables);
  // The page also asks for the schema by itself.
  const isIts = (request) => request.method() === 'POST' && request.postDataJSON()?.operationName === operation;
  const answered = page.waitForResponse((response) => isIts(response.request()));
  await press(page);
  const { data, errors } = await (await answered).json();
  assert.equal(errors, undefined, `${operation}: ${JSON.stringify(errors)}`);
  const field = Object.values(data)[0];
  assert.deepEqual(field?.userErrors ?? [], [], operation);
  await shows(page, '.graphiql-response', '"data"');
  return field;
}

/** Types over the variables. */
async function type(page, variables) {
  const text = JSON.stringify(variables);
  await again(async () => {
    await page.locator('.graphiql-editor-tool .monaco-editor').first().click();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(text);
    await shows(page, '.graphiql-editor-tool', text.slice(0, 40), 4_000);
  });
}

/** The page may still be busy with the last step when one clicks or types; a person would do it once more. */
async function again(act, tries = 5) {
  await act().catch((error) => {
    if (tries === 1) throw error;
    return again(act, tries - 1);
  });
}

/** Follows the link of the newest mail, as it stands on the demonstration's page of mails; it follows the answer by some moments. */
async function confirm(page) {
  await again(async () => {
    await page.goto(new URL('/demo/mail', base).href);
    await page.locator('article').first().locator('a', { hasText: 'ConfirmRegistration' }).first().click({ timeout: 2_000 });
  });
  await shows(page, '.graphiql-query-editor', 'ConfirmRegistration');
  await press(page);
  await shows(page, '.graphiql-response', '"userErrors": []');
}

async function sees(page, ...words) {
  for (const word of words) {
    await shows(page, '.graphiql-response', word).catch(async () => {
      assert.fail(`the status page lacks ${word}: ${await page.locator('.graphiql-response').textContent()}`);
    });
  }
}

try {
  const applicant = await browser.openProfile();
  const page = browser.watch(await applicant.newPage());
  await page.goto(home(base));
  await tab(page, 'RegisterUser').waitFor();
  const form = { displayName: '登録 一子', phoneNumber: '03-1234-5678', password, ...registration };
  await step(page, 'RegisterUser', { input: form });
  await confirm(page);
  await step(page, 'LogIn', { input: { email: registration.email, password, delivery: 'COOKIE' } });
  const viewer = await step(page, 'Viewer', {});
  const facility = viewer.facilities.nodes[0];
  const menus = await step(page, 'ApplicationMenus', { facilityId: facility.id });
  assert.equal(menus.length, 9);
  await step(page, 'StartOfUseForm', { facilityId: facility.id });
  const { application } = await step(page, 'CreateStartOfUseApplication', { input: { facilityId: facility.id } });
  const applicationId = application.id;

  const status = browser.watch(await applicant.newPage());
  await status.goto(link(base, 'ApplicationEvents', { applicationId }));
  await shows(status, '.graphiql-query-editor', 'ApplicationEvents');
  await press(status);
  await sees(status, '"DRAFT"');

  const checked = await step(page, 'VerifyFacility', { input: { applicationId, expectedVersion: 1, key } });
  assert.equal(checked.outcome.__typename, 'FacilityMatched');
  const update = { applicationId, expectedVersion: 2, staffCount: 2, deviceCount: 2, acceptTermsVersion: '1.0' };
  const updated = await step(page, 'UpdateStartOfUseApplication', { input: update });
  assert.equal(updated.application.readiness.canSubmit, true);
  const { confirmation } = await step(page, 'ConfirmApplication', { id: applicationId });
  assert.match(confirmation.message, /職員数：2 申請台数：2/);
  const idempotencyKey = `walk-${applicationId}`;
  await step(page, 'SubmitApplication', {
    input: { applicationId, expectedVersion: confirmation.version, idempotencyKey },
  });
  await sees(status, '"SUBMITTED"');

  const reviewer = browser.watch(await (await browser.openProfile()).newPage());
  await reviewer.goto(home(base));
  await tab(reviewer, 'LogIn').waitFor();
  const staff = { email: 'reviewer@example.jp', password: 'madoguchi-demo-2026', delivery: 'COOKIE' };
  await step(reviewer, 'LogIn', { input: staff });
  const cases = await step(reviewer, 'ReviewCases', { first: 100 });
  const { id: reviewCaseId } = cases.nodes.find((node) => node.application.id === applicationId);
  await step(reviewer, 'ClaimReview', { input: { reviewCaseId } });
  await step(reviewer, 'ApproveApplication', { input: { reviewCaseId, expectedVersion: 5 } });

  await sees(status, '"COMPLETED"');
  const accounts = await step(page, 'FacilityAccounts', { facilityId: facility.id });
  const names = accounts.accounts.nodes.map((account) => account.accountId);
  assert.equal(names.length, 2);
  // Pasted into the same browser, each address gives its PDF, once.
  for (const { settingsDocument } of accounts.accounts.nodes) {
    const paper = await applicant.request.get(settingsDocument.url);
    assert.equal(paper.status(), 200);
    assert.equal((await paper.body()).subarray(0, 5).toString(), '%PDF-');
    assert.equal((await applicant.request.get(settingsDocument.url)).status(), 404);
  }
  browser.assertClean();
  console.log(`ok ${facility.kind}: ${names.join(', ')}`);
} finally {
  await browser.close();
}
