// Which tabs the page opens with. GraphiQL can only be told so through the state it keeps in its storage.

import { pretty } from './steps.js';

/** Where GraphiQL keeps its tabs: its own prefix and key (STORAGE_KEY.tabs of @graphiql/react). */
export const TABS_KEY = 'graphiql:tabState';

/** The tabs kept from before a reload, or else one for each step; with the step of a link in front of the reader. */
export function openingTabs(kept, steps, link) {
  const state = parseKept(kept) ?? { activeTabIndex: 0, tabs: steps.map(toTab) };
  return link ? follow(state, steps, link) : state;
}

/**
 * What a link asks for: `operation` names a step, `variables` is JSON that is laid over the step's own. They may stand
 * behind `?` or behind `#`; behind `#` they are sent to no server.
 */
export function parseLink({ search, hash }) {
  const asked = new URLSearchParams(search.length > 1 ? search : hash.slice(1));
  if (!asked.has('operation')) return null;
  return { operation: asked.get('operation'), variables: parseObject(asked.get('variables')) };
}

function follow(state, steps, { operation, variables }) {
  const step = steps.find(({ name }) => name === operation);
  if (!step) return state;
  const tab = toTab({ ...step, variables: pretty({ ...parseObject(step.variables), ...variables }) });
  const open = state.tabs.findIndex(({ title }) => title === operation);
  const index = open < 0 ? state.tabs.length : open;
  return { activeTabIndex: index, tabs: state.tabs.toSpliced(index, 1, tab) };
}

function toTab({ name, query, variables }) {
  return { id: name, title: name, operationName: name, query, variables, headers: null, response: null };
}

function parseKept(kept) {
  const { tabs, activeTabIndex } = parseObject(kept);
  return Array.isArray(tabs) && tabs[activeTabIndex] ? { tabs, activeTabIndex } : null;
}

/** The object that the text is, or an empty one: what is kept or linked may be broken, and the page opens all the same. */
function parseObject(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}
