// The reference client of GraphQL over server-sent events against the gateway: node events.mjs http://…/graphql distinct|single
import { createClient } from 'graphql-sse';

const [url, mode] = process.argv.slice(2);
const connect = (token) =>
  createClient({ url, singleConnection: mode === 'single', retryAttempts: 0, headers: { authorization: `Bearer ${token}` } });
const client = connect('good');

const counts = [];
for await (const { data } of client.iterate({ query: 'subscription { count(to: 3) }' })) counts.push(data.count);

let left = 0;
for await (const _ of client.iterate({ query: 'subscription { stay }' })) {
  left += 1;
  break;
}

let role;
for await (const { data } of client.iterate({ query: '{ whoami }' })) role = data.whoami;

let fault;
try {
  for await (const { errors } of client.iterate({ query: '{ nonsense }' })) fault = `code ${errors[0].extensions.code}`;
} catch (error) {
  fault = `status ${error.response.status}`;
}
client.dispose();

let stale;
try {
  for await (const _ of connect('stale').iterate({ query: '{ whoami }' }));
} catch (error) {
  stale = error.response.status;
}
console.log(`counts ${counts}; left after ${left}; role ${role}; ${fault}; stale ${stale}`);
