// What graphql-js tells of a schema: node introspect.mjs FILE, which holds {"sdl", "queries": [{"query", "variables"}]}. Each is printed with
// its answer, and before them all that graphql-js can ask.
import { readFileSync } from 'node:fs';
import { buildSchema, getIntrospectionQuery, graphqlSync } from 'graphql';

const { sdl, queries } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const schema = buildSchema(sdl);
const all = getIntrospectionQuery({
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  oneOf: true,
});
const tell = ({ query, variables }) => ({
  query,
  variables,
  told: graphqlSync({ schema, source: query, variableValues: variables }),
});
console.log(JSON.stringify([{ query: all, variables: {} }, ...queries].map(tell)));
