// How the page speaks to the gateway: requests by POST, subscriptions over graphql-transport-ws, both beside itself, wherever a proxy puts it.

import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { createClient } from 'graphql-ws';
import { operationOf } from './operation.js';

const beside = (path) => new URL(`../${path}`, window.location).href;
const post = createGraphiQLFetcher({ url: beside('graphql'), enableIncrementalDelivery: false });
const socket = beside('graphql/ws').replace(/^http/, 'ws');

export function fetcher(request, options) {
  const operation = operationOf(request);
  const named = operation ? { ...request, operationName: operation.name?.value } : request;
  return operation?.operation === 'subscription' ? subscribe(named, options?.headers) : post(named, options);
}

/**
 * An observable with a connection of its own, opened when it starts and closed when it stops: so it always carries the
 * session cookie of the latest login. Headers written into the editor travel as connection parameters.
 */
function subscribe(request, headers) {
  return {
    subscribe(observer) {
      const client = createClient({ url: socket, connectionParams: headers });
      const error = (cause) => observer.error(cause instanceof CloseEvent ? closed(cause) : cause);
      return { unsubscribe: client.subscribe(request, { ...observer, error }) };
    },
  };
}

function closed({ code, reason }) {
  return new Error(`The connection was closed: ${code} ${reason}`.trim());
}
