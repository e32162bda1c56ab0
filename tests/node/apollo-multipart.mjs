// Apollo Client 3 and 4 subscribe over HTTP, by multipart/mixed: node apollo-multipart.mjs http://…/graphql
import * as four from '@apollo/client';
import { apollo as three } from './apollo3/index.mjs';

const uri = process.argv[2];

function run({ ApolloClient, InMemoryCache, HttpLink, gql }) {
  const link = new HttpLink({ uri, headers: { authorization: 'Bearer good' } });
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const listen = (text, enough) =>
    new Promise((resolve) => {
      const heard = [];
      const done = (last) => resolve([heard, last]);
      const subscription = client.subscribe({ query: gql(text) }).subscribe({
        next: ({ data, error }) => {
          if (error) done(error);
          heard.push(Object.values(data ?? {})[0]);
          if (heard.length === enough) setTimeout(() => done(subscription.unsubscribe()), 0);
        },
        error: done,
        complete: () => done(),
      });
    });
  return { client, listen };
}

for (const [version, apollo] of [[3, three], [4, four]]) {
  const { client, listen } = run(apollo);
  const [counts] = await listen('subscription { count(to: 3) }');
  const [left] = await listen('subscription { stay }', 1);
  const [, error] = await listen('subscription { nonsense }');
  const told = error.errors ?? error.graphQLErrors ?? error.result?.errors ?? error.cause?.errors;
  const code = (told?.length ? told : error.networkError?.result?.errors)?.[0].extensions.code;
  console.log(`Apollo Client ${version}: counts ${counts}; left after ${left.length}; code ${code}`);
  client.stop();
}
