// graphql-sse in single connection mode over a line that breaks, as docs/api.md says: node events-again.mjs http://…/graphql/stream
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-sse';

const gateway = new URL(process.argv[2]);
const lines = new Set();
const proxy = net.createServer((near) => {
  const far = net.connect(gateway.port, gateway.hostname);
  for (const [one, other] of [[near, far], [far, near]]) {
    one.pipe(other);
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
  lines.add(near);
  near.on('close', () => lines.delete(near));
});
await once(proxy.listen(0, '127.0.0.1'), 'listening');

let streams = 0;
const client = createClient({
  url: `http://127.0.0.1:${proxy.address().port}${gateway.pathname}`,
  singleConnection: true,
  lazy: false,
  onNonLazyError: console.error,
  headers: () => ({ authorization: 'Bearer good' }),
  retry: () => sleep(50),
  fetchFn: (url, options) => {
    streams += options.method === 'PUT' ? 1 : 0;
    return fetch(url, options);
  },
});

const heard = Array(20).fill(0);
heard.forEach((_, one) => {
  const next = () => { heard[one] += 1; };
  client.subscribe({ query: 'subscription { stay }' }, { next, error: console.error, complete: console.error });
});
const everybody = async (times) => {
  while (heard.some((count) => count < times)) await sleep(20);
};
await everybody(1);
lines.forEach((line) => line.destroy());
await everybody(2);
console.log(`heard ${[...new Set(heard)]} by ${heard.length}; streams ${streams}`);
process.exit();
