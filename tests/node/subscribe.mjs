// The reference client of graphql-transport-ws against the gateway: node subscribe.mjs ws://…/graphql/ws
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const url = process.argv[2];
const connect = (connectionParams) =>
  createClient({ url, webSocketImpl: WebSocket, connectionParams, retryAttempts: 0 });

const client = connect({ authorization: 'Bearer good' });
const counts = [];
for await (const { data } of client.iterate({ query: 'subscription { count(to: 3) }' })) counts.push(data.count);

let role;
for await (const { data } of client.iterate({ query: '{ whoami }' })) role = data.whoami;

let code;
try {
  for await (const _ of client.iterate({ query: '{' }));
} catch ([error]) {
  code = error.extensions.code;
}
await client.dispose();

let closed;
try {
  for await (const _ of connect({ authorization: 'Bearer stale' }).iterate({ query: '{ whoami }' }));
} catch (event) {
  closed = event.code;
}
console.log(`counts ${counts}; role ${role}; error ${code}; closed ${closed}`);
