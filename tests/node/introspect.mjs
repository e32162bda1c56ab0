// What graphql-js tells of a schema: node introspect.mjs FILE, which holds {"sdl", "query"}.
import { readFileSync } from 'node:fs';
import { buildSchema, graphqlSync } from 'graphql';

const { sdl, query } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const told = graphqlSync({ schema: buildSchema(sdl), source: query });
console.log(JSON.stringify(told));
