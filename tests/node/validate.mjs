// graphql-js judges documents, rule by rule: node validate.mjs FILE, which holds {sdl, documents}. Prints for each document the rules
// that refuse it, and last the names of all rules.
import { readFileSync } from 'node:fs';
import { buildSchema, parse, specifiedRules, validate } from 'graphql';

const { sdl, documents } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const schema = buildSchema(sdl);
const judge = (text) => {
  let document;
  try {
    document = parse(text);
  } catch {
    return ['parse'];
  }
  return specifiedRules.filter((rule) => validate(schema, document, [rule]).length > 0).map(({ name }) => name);
};
console.log(JSON.stringify({ judged: documents.map(judge), rules: specifiedRules.map(({ name }) => name) }));
