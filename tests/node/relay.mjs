// Relay: `node relay.mjs compile SCHEMA FOLDER` has relay-compiler make artifacts and persisted documents; `node relay.mjs run FOLDER
// http://…` has relay-runtime run them by their ids alone.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { createClient } from 'graphql-ws';
import compiler from 'relay-compiler';
import relay from 'relay-runtime';
import WebSocket from 'ws';

const APP = `
graphql\`mutation AppLogInMutation($input: LogInInput!) { logIn(input: $input) { token userErrors { code } } }\`;
graphql\`query AppQuery { viewer { id displayName ...App_facilities } }\`;
graphql\`fragment App_facilities on User @refetchable(queryName: "AppPageQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 1 }, cursor: { type: "String" }) {
  facilities(first: $count, after: $cursor) @connection(key: "App_facilities") { edges { node { id name } } } }\`;
graphql\`mutation AppBeginMutation($input: CreateStartOfUseApplicationInput!) {
  createStartOfUseApplication(input: $input) { application { id status version } userErrors { code } } }\`;
graphql\`mutation AppWithdrawMutation($input: WithdrawApplicationInput!) {
  withdrawApplication(input: $input) { application { id status } userErrors { code } } }\`;
graphql\`subscription AppEventsSubscription($id: ID!) {
  applicationEvents(applicationId: $id) { status application { id status } } }\`;
`;

function compile(schema, folder) {
  mkdirSync(join(folder, 'src', '__generated__'), { recursive: true });
  cpSync(schema, join(folder, 'schema.graphql'));
  writeFileSync(join(folder, 'src', 'App.js'), APP);
  writeFileSync(join(folder, 'package.json'), '{}');
  const customScalarTypes = { DateTime: 'string', BigInt: 'number', ConfidentialText: 'string', EventCursor: 'string', Upload: 'mixed' };
  const persistConfig = { file: './persisted.json', algorithm: 'SHA256' };
  const config = { src: './src', schema: './schema.graphql', language: 'javascript', eagerEsModules: false, artifactDirectory: './src/__generated__' };
  writeFileSync(join(folder, 'relay.config.json'), JSON.stringify({ ...config, customScalarTypes, persistConfig }));
  writeFileSync(join(folder, 'persisted.json'), '{}');
  execFileSync(compiler, ['relay.config.json'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
}

function environment(address, token) {
  const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const ask = async ({ id }, variables) => {
    const body = JSON.stringify({ documentId: `sha256:${id}`, variables });
    return (await fetch(`${address}/graphql`, { method: 'POST', headers, body })).json();
  };
  const url = `${address.replace('http', 'ws')}/graphql/ws`;
  const channel = createClient({ url, webSocketImpl: WebSocket, connectionParams: { token }, lazy: true });
  const listen = ({ id }, variables) =>
    relay.Observable.create((sink) => channel.subscribe({ query: '', documentId: `sha256:${id}`, variables }, sink));
  const network = relay.Network.create(ask, listen);
  const store = new relay.Store(new relay.RecordSource());
  return Object.assign(new relay.Environment({ network, store }), { channel });
}

async function run(folder, address) {
  const require = createRequire(join(resolve(folder), 'src', 'App.js'));
  const artifact = (name) => require(`./__generated__/${name}.graphql.js`);
  const mutate = (relayEnvironment, name, input) =>
    new Promise((onCompleted, onError) =>
      relay.commitMutation(relayEnvironment, { mutation: artifact(name), variables: { input }, onCompleted, onError }),
    );
  const input = { email: 'sample@example.jp', password: 'madoguchi-demo-2026' };
  const { logIn } = await mutate(environment(address), 'AppLogInMutation', input);
  const mine = environment(address, logIn.token);
  const { viewer } = await relay.fetchQuery(mine, artifact('AppQuery'), {}).toPromise();
  const facilities = relay.getSelector(artifact('App_facilities'), viewer);
  // Each further page is fetched by the last cursor and put behind the others in the store.
  const inStore = () => mine.lookup(facilities).data.facilities;
  let pages = 1;
  for (; inStore().pageInfo.hasNextPage; pages += 1) {
    const variables = { id: viewer.id, count: 4, cursor: inStore().pageInfo.endCursor };
    await relay.fetchQuery(mine, artifact('AppPageQuery'), variables).toPromise();
  }
  const { edges } = inStore();
  const { node } = edges.find(({ node }) => node.name === '見本整骨院（取下げ）');
  const begun = await mutate(mine, 'AppBeginMutation', { facilityId: node.id });
  const { id, version } = begun.createStartOfUseApplication.application;
  const heard = [];
  const withdrawn = new Promise((resolve, onError) => {
    const onNext = ({ applicationEvents }) => {
      heard.push(applicationEvents.status);
      if (heard.length === 1) mutate(mine, 'AppWithdrawMutation', { applicationId: id, expectedVersion: version });
      if (applicationEvents.status === 'WITHDRAWN') resolve();
    };
    relay.requestSubscription(mine, { subscription: artifact('AppEventsSubscription'), variables: { id }, onNext, onError });
  });
  await withdrawn;
  mine.channel.dispose();
  const count = new Set(edges.map(({ node }) => node.id)).size;
  console.log(`Relay: ${viewer.displayName}, ${count} facilities in ${pages} pages, ${node.name}, heard ${heard[0]} to ${heard.at(-1)}`);
}

const [task, ...rest] = process.argv.slice(2);
await { compile, run }[task](...rest);
