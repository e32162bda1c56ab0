// HTTP/2 without TLS, by Node's own client: node http2.mjs http://…
import { connect, constants } from 'node:http2';

const url = process.argv[2];
const json = (query) => JSON.stringify({ query });
const POST = { ':method': 'POST', ':path': '/graphql', 'content-type': 'application/json' };

/** Begins a request; `status` comes with its head, `text` with its end. */
function begin(session, head, body) {
  const stream = session.request(head, { endStream: body === undefined });
  stream.setEncoding('utf8');
  const status = new Promise((resolve, reject) => {
    stream.on('response', (headers) => resolve(headers[':status']));
    stream.on('close', () => reject(new Error(`reset with ${stream.rstCode}`)));
    stream.on('error', reject);
  });
  const text = new Promise((resolve) => {
    let all = '';
    stream.on('data', (piece) => (all += piece)).on('end', () => resolve(all));
  });
  if (body !== undefined) stream.end(body);
  status.catch(() => {});
  return { stream, status, text };
}
const ask = (session, query, more = {}) => begin(session, { ...POST, ...more }, json(query));

const session = connect(url);
const own = ask(session, '{ whoami }', { cookie: 'madoguchi_session=good', origin: url });
console.log(`cookie: ${await own.status} ${await own.text}`);

const get = (query) => begin(session, { ':path': `/graphql?${new URLSearchParams({ query })}` }).status;
const broken = begin(session, POST, '{').status;
const elsewhere = begin(session, { ':path': '/nowhere' }).status;
console.log(
  `get: ${await get('{ hello }')}, mutation by get: ${await get('mutation { touch }')}, not JSON: ${await broken}, elsewhere: ${await elsewhere}`,
);

const waiting = ask(session, '{ wait }');
const subscribed = ask(session, 'subscription { stay }', { accept: 'text/event-stream' });
const heard = new Promise((resolve) => {
  subscribed.stream.on('data', (piece) => /"stay":(\d+)/.test(piece) && resolve(/"stay":(\d+)/.exec(piece)[1]));
});
const said = await heard;
const answers = await Promise.all(Array.from({ length: 40 }, () => ask(session, '{ hello }').text));
console.log(`answers beside one that waits and a subscription: ${answers.filter((text) => text.includes('world')).length}; heard ${said}`);
waiting.stream.close(constants.NGHTTP2_CANCEL);
subscribed.stream.close(constants.NGHTTP2_CANCEL);

// A refusal is there before the body is sent, and ends behind it: some clients lose what ends earlier.
const head = { ...POST, authorization: 'Bearer stale', expect: '100-continue' };
const sending = session.request(head, { endStream: false });
const ended = new Promise((resolve) => sending.on('end', () => resolve('ended')));
const statusOfIt = await new Promise((resolve) => sending.on('response', (headers) => resolve(headers[':status'])));
sending.resume();
const first = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 300, 'not ended'))]);
sending.end('x'.repeat(3_000_000));
console.log(`refused while it is sent: ${statusOfIt}, ${first}; then ${await ended} with ${sending.rstCode}`);

const large = begin(session, { ...POST, 'x-large': 'x'.repeat(40_000) }, json('{ hello }'));
const verdict = await large.status.then((status) => (status === 431 ? 'refused' : status), () => 'refused');
console.log(`large head: ${verdict}; the connection goes on: ${await ask(session, '{ hello }').status}`);
session.close();

// Requests that are taken back at once, in bursts, until the connection is ended or 20,000 were.
const flood = connect(url);
let verdictOfFlood = 'never ended';
flood.on('error', () => {}).on('goaway', (code) => {
  verdictOfFlood = code === constants.NGHTTP2_ENHANCE_YOUR_CALM ? 'told to be calm' : `ended with ${code}`;
});
await new Promise((resolve) => flood.on('connect', resolve));
for (let burst = 0; burst < 200 && !flood.destroyed; burst += 1) {
  for (let count = 0; count < 100 && !flood.destroyed && !flood.closed; count += 1) {
    const stream = flood.request(POST, { endStream: false });
    stream.on('error', () => {});
    stream.close(constants.NGHTTP2_CANCEL);
  }
  await new Promise((resolve) => setImmediate(resolve));
}
const other = connect(url);
console.log(`a flood that is taken back: ${verdictOfFlood}; a new connection: ${await ask(other, '{ hello }').status}`);
other.close();
flood.destroy();
