// A POST over HTTP/2 without TLS, with the cookie of a page of our own: node http2.mjs http://…
import { connect } from 'node:http2';

const url = process.argv[2];
const session = connect(url);
const stream = session.request({
  ':method': 'POST',
  ':path': '/graphql',
  'content-type': 'application/json',
  cookie: 'madoguchi_session=good',
  origin: url,
});
let body = '';
stream.setEncoding('utf8');
stream.on('response', (headers) => (body += `${headers[':status']} `));
stream.on('data', (chunk) => (body += chunk));
stream.on('end', () => {
  console.log(body);
  session.close();
});
stream.end(JSON.stringify({ query: '{ whoami }' }));
