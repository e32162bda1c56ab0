// Automatic persisted queries of Apollo Client 3 and 4: node apollo-persisted.mjs http://…/graphql
import { createHash } from 'node:crypto';
import * as four from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { apollo as three, createPersistedQueryLink } from './apollo3/index.mjs';

const uri = process.argv[2];
const options = { sha256: (text) => createHash('sha256').update(text).digest('hex'), useGETForHashedQueries: true };

async function run(version, { ApolloClient, InMemoryCache, HttpLink, gql }, persisted) {
  const sent = [];
  const watching = (address, init) => {
    const both = `${decodeURIComponent(address)} ${init.body ?? ''}`;
    sent.push(/[?"&]query["=]/.test(both) ? 'document' : 'hash');
    return fetch(address, init);
  };
  const link = persisted.concat(new HttpLink({ uri, fetch: watching }));
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const ask = () => client.query({ query: gql(`query Of${version} { hello }`), fetchPolicy: 'network-only' });
  const answers = [(await ask()).data.hello, (await ask()).data.hello];
  console.log(`Apollo Client ${version}: ${answers.join(', ')}; ${sent.join(', ')}`);
  client.stop();
}

await run(3, three, createPersistedQueryLink(options));
await run(4, four, new PersistedQueryLink(options));
