// graphql-js executes what the gateway executes. First line in: {sdl}; then {query, variables} each, answered by a line
// {data, errors} or {invalid}. The world is that of tests/it/execution/world.rs.
import { createInterface } from 'node:readline';
import { buildSchema, execute, parse, validate } from 'graphql';

const child = (n, step) => (n * 31 + step * 7 + 1) % 1009;
const children = (n, step) => Array.from({ length: n % 4 }, (_, index) => child(n + index, step));
const fail = () => new Error('as the number says');

const being = (n) => ({ __typename: ['Cat', 'Dog', 'Fish'][n % 3], n });
const pet = (n) => ({ __typename: n % 2 === 0 ? 'Cat' : 'Dog', n });
const cat = (n) => ({ __typename: 'Cat', n });

const shown = (value, show) => (value === undefined ? '-' : value === null ? 'null' : show(value));
const showList = (list) => `[${list.join(',')}]`;
const showBox = ({ x, y, z }) => `{${x},${shown(y, showList)},${shown(z, showBox)}}`;

const fields = {
  id: ({ n }) => n,
  name: ({ n }) => (n % 4 !== 0 ? `name${n}` : null),
  sure: ({ n, total }) => {
    if (total !== undefined) return total % 5 === 0 ? fail() : 'sure';
    return n % 7 === 0 ? fail() : `sure${n}`;
  },
  maybe: ({ n, total }) => {
    if (total !== undefined) return total % 2 === 0 ? fail() : null;
    return n % 5 === 0 ? fail() : n % 3 !== 0 ? 'maybe' : null;
  },
  friend: ({ n }) => (n % 11 === 0 ? fail() : n % 6 !== 0 ? being(child(n, 1)) : null),
  buddy: ({ n }) => (n % 13 === 0 ? fail() : being(child(n, 2))),
  friends: ({ n }) => (n % 9 !== 0 ? children(n, 3).map(being) : null),
  pals: ({ n }) => children(n, 4).map((n) => (n % 3 === 0 ? null : n % 5 === 0 ? fail() : being(n))),
  strict: ({ n }) => children(n, 5).map((n) => (n % 5 === 0 ? fail() : being(n))),
  pets: ({ n }) => children(n, 6).map(pet),
  numbers: ({ n }) => children(n, 7).map((n) => (n % 3 === 0 ? null : n % 4 === 0 ? fail() : n)),
  grid: ({ n }) =>
    children(n, 8).map((n) => (n % 4 === 0 ? null : children(n, 9).map((n) => (n % 6 === 0 ? fail() : n)))),
  same: ({ n }) => (n % 4 !== 1 ? cat(child(n, 10)) : null),
  echo: (_, { a, b, c, d, e }) => `${a} ${shown(b, showList)} ${shown(c, showBox)} ${d} ${e}`,
  meow: () => 'meow',
  bark: ({ n }, { times }) => (n % 3 === 0 ? fail() : 'woof'.repeat(Math.min(Math.max(times, 0), 3))),
  depth: ({ n }) => n % 10,
  being: (_, { n }) => being(n % 1009),
  cat: (source, args) => (source.total !== undefined ? cat(source.total % 1009) : cat(args.n % 1009)),
  pet: (_, { n }) => (n % 8 !== 0 ? pet(n % 1009) : null),
  named: (_, { n }) => pet(n % 1009),
  total: ({ total }) => total,
  bump: (_, { by }, tally) => {
    tally.count += by;
    return tally.count % 7 === 0 ? fail() : { total: tally.count };
  },
  must: (_, args, tally) => {
    tally.count += 10;
    return tally.count % 4 === 0 ? fail() : { total: tally.count };
  },
};

let schema;
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (request.sdl) {
    schema = buildSchema(request.sdl);
    continue;
  }
  let document, invalid;
  try {
    document = parse(request.query);
    invalid = validate(schema, document);
  } catch (error) {
    invalid = [error];
  }
  if (invalid.length > 0) {
    console.log(JSON.stringify({ invalid: invalid.map((error) => error.message) }));
    continue;
  }
  const { data, errors } = execute({
    schema,
    document,
    rootValue: {},
    contextValue: { count: 0 },
    variableValues: request.variables,
    fieldResolver: (source, args, context, info) => fields[info.fieldName](source, args, context),
  });
  console.log(JSON.stringify(data === undefined ? { invalid: errors.map((error) => error.message) } : { data, errors: errors?.length ?? 0 }));
}
