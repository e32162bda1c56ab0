// HTTP/2 clients that take large answers, all of them and nothing of them: node http2-unread.mjs http://…
import { connect } from 'node:http2';

const url = process.argv[2];
/** The answer to an echo of so many letters; the rest of it is `{"data":{"echo":""}}`. */
function echo(session, letters) {
  const stream = session.request({ ':method': 'POST', ':path': '/graphql', 'content-type': 'application/json' });
  stream.setEncoding('utf8').on('error', () => {});
  stream.end(JSON.stringify({ query: 'query ($t: String!) { echo(text: $t) }', variables: { t: 'x'.repeat(letters) } }));
  return stream;
}
const length = async (stream) => {
  let all = 0;
  for await (const piece of stream) all += piece.length;
  return all;
};

// Around the window of 65,535 bytes that a client gives by default, and far beyond it.
const sizes = [16_000, 65_514, 65_515, 65_516, 131_050, 900_000];
const session = connect(url);
const taken = await Promise.all(sizes.map(async (size) => (await length(echo(session, size))) === size + 20));
console.log(`taken whole: ${taken.filter(Boolean).length} of ${sizes.length}`);
session.close();

// Gives no window, and answers each ping.
for (const letters of [100, 100_000]) {
  const unread = connect(url, { settings: { initialWindowSize: 0 } });
  unread.on('error', () => {});
  const answered = new Promise((resolve) => echo(unread, letters).on('response', (head) => resolve(head[':status'])));
  console.log(`${letters} not taken: ${await answered}`);
  await new Promise((resolve) => unread.on('close', resolve));
  console.log('cut');
}
