import 'graphiql/setup-workers/vite';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import 'graphiql/style.css';
import './style.css';
import { Sign } from './Sign.jsx';
import { fetcher } from './fetcher.js';
import { parseSteps } from './steps.js';
import { TABS_KEY, openingTabs, parseLink } from './tabs.js';

const steps = parseSteps(
  import.meta.glob('../../graphql/operations/*.graphql', { query: '?raw', import: 'default', eager: true }),
);

// What a tab holds may be a password, a birth date or the token of a mail. The session's storage keeps tabs over a reload
// and forgets them with the browser tab; local storage would leave them on a counter's shared computer.
const storage = window.sessionStorage;

const link = parseLink(window.location);
// The token must not stay in the address bar, the history, or a link that someone copies.
if (link) window.history.replaceState(null, '', window.location.pathname);
// A link behind # that is opened where the page already stands loads nothing by itself.
window.addEventListener('hashchange', () => window.location.reload());

const opening = openingTabs(storage.getItem(TABS_KEY), steps, link);
storage.setItem(TABS_KEY, JSON.stringify(opening));
const shown = opening.tabs[opening.activeTabIndex];

createRoot(document.getElementById('root')).render(
  <GraphiQL
    fetcher={fetcher}
    storage={storage}
    initialQuery={shown.query ?? ''}
    initialVariables={shown.variables ?? ''}
    defaultEditorToolsVisibility="variables"
  >
    <GraphiQL.Logo>
      <Sign />
    </GraphiQL.Logo>
  </GraphiQL>,
);
