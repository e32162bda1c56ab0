// A supergraph of the gateway at an address and a subgraph of notes on telephone calls, composed by @apollo/composition and served by
// @apollo/gateway, which passes the caller's credential on: node federation.mjs http://…
//
// The first line printed is the supergraph's address. It ends with its standard input.
import { createServer } from 'node:http';
import { composeServices } from '@apollo/composition';
import { ApolloGateway, LocalGraphQLDataSource, RemoteGraphQLDataSource } from '@apollo/gateway';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';

const portal = `${process.argv[2]}/graphql`;

// Knows the ids of what was called about, and nothing else of the counter. To an application of any kind it adds by the interface.
const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@interfaceObject", "@shareable"])
  type Query { phoneNotes(facilities: [ID!]! = [], applications: [ID!]! = [], accounts: [ID!]! = []): [PhoneNote!]! }
  type PhoneNote { text: String! facility: Facility application: Application account: EligibilityAccount }
  type Facility @key(fields: "id") { id: ID! calls: PhoneNotes! }
  type Application @key(fields: "id") @interfaceObject { id: ID! calls: PhoneNotes! }
  type EligibilityAccount @key(fields: "id") { id: ID! calls: PhoneNotes! }
  type PhoneNotes { texts: [String!]! pageInfo: PageInfo! }
  type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
`);
const note = (id) => `They called about ${id}.`;
const calls = ({ id }) => ({ texts: [note(id)], pageInfo: { hasNextPage: false, hasPreviousPage: false } });
const on = (member, ids) => ids.map((id) => ({ text: note(id), [member]: { id } }));
const resolvers = {
  Query: {
    phoneNotes: (_, { facilities, applications, accounts }) => [
      ...on('facility', facilities), ...on('application', applications), ...on('account', accounts),
    ],
  },
  Facility: { calls },
  Application: { calls },
  EligibilityAccount: { calls },
};

const body = JSON.stringify({ query: '{ _service { sdl } }' });
const told = await (await fetch(portal, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json();
const { errors, supergraphSdl } = composeServices([
  { name: 'madoguchi', url: portal, typeDefs: parse(told.data._service.sdl) },
  { name: 'notes', url: 'local:notes', typeDefs },
]);
if (errors) throw new AggregateError(errors, errors.map(({ message }) => message).join('\n'));

class Portal extends RemoteGraphQLDataSource {
  willSendRequest({ request, context }) {
    for (const name of ['authorization', 'accept-language']) {
      if (context?.headers?.[name]) request.http.headers.set(name, context.headers[name]);
    }
  }
}
const notes = new LocalGraphQLDataSource(buildSubgraphSchema({ typeDefs, resolvers }));
const gateway = new ApolloGateway({
  supergraphSdl,
  buildService: ({ name, url }) => (name === 'notes' ? notes : new Portal({ url })),
});
const { schema, executor } = await gateway.load();

const server = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const { query: source, variables } = JSON.parse(Buffer.concat(parts));
  const { headers } = request;
  const context = { headers };
  const answer = await executor({
    request: { query: source, variables }, document: parse(source), source, queryHash: source, context, schema, metrics: {}, overallCachePolicy: {},
  });
  response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.on('end', () => process.exit(0)).resume();
