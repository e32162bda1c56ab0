// A mail server (npm smtp-server) that does what it is told: node smtp.mjs FOLDER [OPTIONS]
//
// OPTIONS is JSON: { port?, tls?: { key, cert }, login?: { user, pass }, closed? }. Each mail that it takes is a file in FOLDER, 1.eml, 2.eml, …
// By the recipient: refused@ is answered 550 until FOLDER/accept is there, busy@ 451 until then, and of drop@ the mail is taken but the
// line dropped before the answer; hang@ is never answered, which makes FOLDER/hanging; once mute@ has its mail, nothing more is said. With
// closed, the greeting is 554 until FOLDER/accept is there.
// The first line printed is the port. It ends with its standard input.

import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';

const [folder, text] = process.argv.slice(2);
const { port = 0, tls, login, closed } = JSON.parse(text ?? '{}');
const sockets = new Map();
let taken = 0;

const refuses = () => !existsSync(join(folder, 'accept'));
const refusal = (responseCode, words) => Object.assign(new Error(words), { responseCode });

const server = new SMTPServer({
  ...tls,
  disabledCommands: [...(tls ? [] : ['STARTTLS']), ...(login ? [] : ['AUTH'])],
  authOptional: !login,
  disableReverseLookup: true,
  closeTimeout: 100,
  onConnect(_session, done) {
    done(closed && refuses() ? refusal(554, 'no service here') : undefined);
  },
  onAuth({ username, password }, _session, done) {
    if (username === login.user && password === login.pass) done(null, { user: username });
    else done(refusal(535, 'no'));
  },
  onRcptTo({ address }, _session, done) {
    const name = address.split('@')[0];
    if (name === 'hang') return writeFileSync(join(folder, 'hanging'), '');
    if (name === 'refused' && refuses()) done(refusal(550, `${address} is unknown here`));
    else if (name === 'busy' && refuses()) done(refusal(451, `${address} is busy`));
    else done();
  },
  onData(stream, { envelope, remotePort }, done) {
    const parts = [];
    stream.on('data', (part) => parts.push(part));
    stream.on('end', () => {
      taken += 1;
      // Whole or not there: whoever waits for it reads it as soon as it is.
      const file = join(folder, `${taken}.eml`);
      writeFileSync(`${file}.part`, Buffer.concat(parts));
      renameSync(`${file}.part`, file);
      const [{ address }] = envelope.rcptTo;
      const socket = sockets.get(remotePort);
      if (address.startsWith('drop@') && refuses()) return socket.destroy();
      done();
      if (address.startsWith('mute@')) socket.write = socket.end = socket.destroy = () => socket;
    });
  },
});

server.on('error', () => {});
server.server.on('connection', (socket) => sockets.set(socket.remotePort, socket));
server.listen(port, '127.0.0.1', () => console.log(server.server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
