import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openingTabs, parseLink } from '../src/tabs.js';

const STEPS = [
  { name: 'RegisterUser', query: 'mutation RegisterUser { a }\n', variables: '{"input":{}}' },
  { name: 'ConfirmRegistration', query: 'mutation ConfirmRegistration { b }\n', variables: '{"input":{"token":"paste"}}' },
];
const LINK = { operation: 'ConfirmRegistration', variables: { input: { token: 't1' } } };
const titles = ({ tabs }) => tabs.map(({ title }) => title);
const shown = ({ tabs, activeTabIndex }) => tabs[activeTabIndex];

test('a new visitor gets a tab for each step, the first one in front', () => {
  const state = openingTabs(null, STEPS, null);
  assert.deepEqual(titles(state), ['RegisterUser', 'ConfirmRegistration']);
  assert.equal(state.activeTabIndex, 0);
});

test('tabs kept from before a reload stay as they were', () => {
  const kept = { activeTabIndex: 1, tabs: [{ title: 'Mine', query: '{ a }' }, { title: 'Other', query: '{ b }' }] };
  assert.deepEqual(openingTabs(JSON.stringify(kept), STEPS, null), kept);
});

test('a broken store opens like a new visit', () => {
  for (const kept of ['', 'null', '[]', '{"tabs":[],"activeTabIndex":0}', '{"tabs":'])
    assert.equal(openingTabs(kept, STEPS, null).tabs.length, 2);
});

test('a link fills its step in and shows it', () => {
  const state = openingTabs(null, STEPS, LINK);
  assert.deepEqual(titles(state), ['RegisterUser', 'ConfirmRegistration']);
  assert.equal(shown(state).title, 'ConfirmRegistration');
  assert.deepEqual(JSON.parse(shown(state).variables), { input: { token: 't1' } });
});

test('a link opens a step that was closed, beside the tabs of one\'s own', () => {
  const kept = JSON.stringify({ activeTabIndex: 0, tabs: [{ title: 'Mine', query: '{ a }' }] });
  assert.deepEqual(titles(openingTabs(kept, STEPS, LINK)), ['Mine', 'ConfirmRegistration']);
});

test('a link to an unknown step changes nothing', () => {
  assert.deepEqual(openingTabs(null, STEPS, { operation: 'Nope', variables: {} }), openingTabs(null, STEPS, null));
});

test('a link is read behind ? and behind #, and bad JSON is no variables', () => {
  const asked = 'operation=ConfirmRegistration&variables=%7B%22input%22%3A%7B%22token%22%3A%22t1%22%7D%7D';
  assert.deepEqual(parseLink({ search: `?${asked}`, hash: '' }), LINK);
  assert.deepEqual(parseLink({ search: '', hash: `#${asked}` }), LINK);
  assert.deepEqual(parseLink({ search: '?operation=A&variables=%7B', hash: '' }), { operation: 'A', variables: {} });
  assert.equal(parseLink({ search: '', hash: '' }), null);
});
