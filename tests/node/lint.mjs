// @graphql-eslint over the committed schema and operations: node lint.mjs SCHEMA OPERATIONS
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import graphqlEslint from '@graphql-eslint/eslint-plugin';
import { Linter } from 'eslint';

const [schemaFile, operations] = process.argv.slice(2);
const { configs, parser, rules } = graphqlEslint;
const files = readdirSync(operations).filter((name) => name.endsWith('.graphql'));
const base = {
  files: ['**/*.graphql'],
  plugins: { '@graphql-eslint': { rules } },
  languageOptions: { parser, parserOptions: { graphQLConfig: { schema: schemaFile, documents: files.map((name) => join(operations, name)) } } },
};
const cwd = '/';
const lint = (name, text, config) => new Linter({ cwd }).verify(text, [{ ...base, rules: config }], { filename: name });

let complaints = 0;
const check = (name, text, config) => {
  for (const { line, ruleId, message } of lint(name, text, config)) {
    complaints += 1;
    console.log(`${name}:${line}: ${ruleId}: ${message}`);
  }
};
const rulesOf = (name) => configs[name].rules ?? configs[name];
// Rules that are not kept as they stand, each with why.
const recommended = rulesOf('flat/schema-recommended');
const [level, naming] = recommended['@graphql-eslint/naming-convention'];
const exceptions = {
  // The names of Apollo Federation's subgraph specification begin with an underscore.
  '@graphql-eslint/naming-convention': [level, { ...naming, allowLeadingUnderscore: true }],
  // Short lists that do not grow (menus, prefectures, the items of a form) are lists: connections are for those that do.
  '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: true, withEdgeSuffix: true }],
  // Only Nodes have identity. Payloads, connections and values (a date of terms, a form's field) have none, and need none.
  '@graphql-eslint/strict-id-in-types': 'off',
};
const schemaRules = { ...recommended, ...rulesOf('flat/schema-relay'), ...exceptions };
check(schemaFile, readFileSync(schemaFile, 'utf8'), schemaRules);
for (const name of files) check(join(operations, name), readFileSync(join(operations, name), 'utf8'), rulesOf('flat/operations-recommended'));
console.log(`${files.length + 1} files, ${complaints} complaints, ${Object.keys(exceptions).length} rules excepted`);
