// Clients that others wrote, each through the first steps of an applicant: node clients.mjs http://… FILE
// Each logs in, reads, begins a draft, attaches the file where it can send one, and takes the draft back. Who can subscribe hears of the
// beginning and the end, and by which code an application is refused that is nobody's.
import { readFileSync } from 'node:fs';
import * as apollo4 from '@apollo/client';
import { GraphQLWsLink as WsLink4 } from '@apollo/client/link/subscriptions';
import UploadHttpLink from 'apollo-upload-client/UploadHttpLink.mjs';
import { GraphQLClient } from 'graphql-request';
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import * as three from './apollo3/index.mjs';

// As in a browser: Apollo Client tells by it what went wrong on a socket.
globalThis.WebSocket = WebSocket;
const [address, file] = process.argv.slice(2);
const http = `${address}/graphql`;
const errors = 'userErrors { code message }';
const LOG_IN = `mutation LogIn($input: LogInInput!) { logIn(input: $input) { token user { displayName } ${errors} } }`;
const VIEWER = 'query Viewer { viewer { id displayName facilities(first: 1) { nodes { id name } } } }';
const BEGIN = `mutation Begin($input: CreateStartOfUseApplicationInput!) {
  createStartOfUseApplication(input: $input) { application { id version status } ${errors} } }`;
const ATTACH = `mutation Attach($input: AddAttachmentInput!) {
  addAttachment(input: $input) { attachment { id fileName } application { id version } ${errors} } }`;
const WITHDRAW = `mutation Withdraw($input: WithdrawApplicationInput!) {
  withdrawApplication(input: $input) { application { id version status } ${errors} } }`;
const NOBODYS = 'application_01h455vb4pex5vsknk084sn02q';
const EVENTS = 'subscription Events($id: ID!) { applicationEvents(applicationId: $id) { cursor status } }';

const socket = (token) => {
  const connectionParams = token ? { authorization: `Bearer ${token}` } : {};
  return createClient({ url: http.replace('http', 'ws') + '/ws', webSocketImpl: WebSocket, connectionParams });
};
const bearer = (token) => (token ? { authorization: `Bearer ${token}` } : {});

function apollo({ ApolloClient, ApolloLink, InMemoryCache, gql, link, subscribing }) {
  return (token) => {
    const channel = socket(token);
    const isSubscription = ({ query }) => query.definitions.some(({ operation }) => operation === 'subscription');
    const both = ApolloLink.split(isSubscription, new subscribing(channel), link(token));
    const client = new ApolloClient({ link: both, cache: new InMemoryCache() });
    return {
      query: async (text, variables) => (await client.query({ query: gql(text), variables })).data,
      mutate: async (text, variables) => (await client.mutate({ mutation: gql(text), variables })).data,
      listen: (text, variables, hear) => {
        const told = { next: hear, error: (error) => hear({ error }) };
        client.subscribe({ query: gql(text), variables }).subscribe(told);
      },
      end: () => [client.stop(), channel.dispose()],
    };
  };
}

function urql(token) {
  const channel = socket(token);
  const forward = ({ query, variables }) => ({
    subscribe: (sink) => ({ unsubscribe: channel.subscribe({ query, variables }, sink) }),
  });
  const exchanges = [fetchExchange, subscriptionExchange({ forwardSubscription: forward })];
  const headers = { ...bearer(token), 'apollo-require-preflight': 'true' };
  const client = new Client({ url: http, exchanges, fetchOptions: { headers }, preferGetMethod: false });
  const data = ({ data, error }) => {
    if (error) throw error;
    return data;
  };
  return {
    query: async (text, variables) => data(await client.query(text, variables).toPromise()),
    mutate: async (text, variables) => data(await client.mutation(text, variables).toPromise()),
    listen: (text, variables, hear) => client.subscription(text, variables).subscribe(hear),
    end: () => channel.dispose(),
  };
}

/** It has no subscriptions, and sends no files. */
function graphqlRequest(token) {
  const client = new GraphQLClient(http, { headers: bearer(token) });
  const ask = (text, variables) => client.request(text, variables);
  return { query: ask, mutate: ask, end() {} };
}

/** Listens to an application: the states that were told, and a wait until a condition holds. */
function listener(client, id) {
  const heard = [];
  let wake = () => {};
  client.listen(EVENTS, { id }, ({ data, error, errors }) => {
    const told = errors ?? error?.graphQLErrors ?? error?.errors;
    heard.push(data?.applicationEvents?.status ?? told?.[0].extensions.code ?? error);
    wake();
  });
  // Looks before it waits: an event that came meanwhile is not waited for again.
  const until = async (isSo) => {
    while (!isSo(heard)) await new Promise((resolve) => (wake = resolve));
  };
  return { heard, until };
}

async function story(name, login, connect, takesFiles) {
  const stranger = connect();
  const input = { email: login, password: 'madoguchi-demo-2026' };
  const { logIn } = await stranger.mutate(LOG_IN, { input });
  stranger.end();
  const client = connect(logIn.token);
  const { viewer } = await client.query(VIEWER);
  const begun = await client.mutate(BEGIN, { input: { facilityId: viewer.facilities.nodes[0].id } });
  let { id, version, status } = begun.createStartOfUseApplication.application;

  const own = client.listen && listener(client, id);
  await own?.until((heard) => heard.length > 0);

  let attached = 'sends no files';
  if (takesFiles) {
    const file_ = new File([readFileSync(file)], '通知書.pdf', { type: 'application/pdf' });
    const { addAttachment } = await client.mutate(ATTACH, { input: { applicationId: id, file: file_ } });
    attached = addAttachment.attachment?.fileName ?? addAttachment.userErrors[0].code;
    version = addAttachment.application.version;
  }
  await client.mutate(WITHDRAW, { input: { applicationId: id, expectedVersion: version } });
  let told = 'does not subscribe';
  if (own) {
    await own.until((heard) => heard.at(-1) === 'WITHDRAWN');
    const foreign = listener(client, NOBODYS);
    await foreign.until((heard) => heard.length > 0);
    told = `heard ${own.heard[0]} to ${own.heard.at(-1)} and ${foreign.heard}`;
  }
  client.end();
  console.log(`${name}: ${logIn.user.displayName}, ${status}, ${attached}, ${told}`);
}

const uploading = (token) => ({ uri: http, headers: { ...bearer(token), 'apollo-require-preflight': 'true' } });
const upload3 = (token) => three.createUploadLink(uploading(token));
const upload4 = (token) => new UploadHttpLink(uploading(token));
await story('Apollo Client 3', 'clinic@example.jp', apollo({ ...three.apollo, link: upload3, subscribing: three.GraphQLWsLink }), true);
await story('Apollo Client 4', 'checkup@example.jp', apollo({ ...apollo4, link: upload4, subscribing: WsLink4 }), true);
await story('urql', 'midwife@example.jp', urql, true);
await story('graphql-request', 'clinic2@example.jp', graphqlRequest, false);
