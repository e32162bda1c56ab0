import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { Kind, parse } from 'graphql';
import { parseStep, parseSteps } from '../src/steps.js';

test('the head is help and variables to begin with, and the query the file to the letter', () => {
  const text = '# Log in.\n# ログイン\n# variables:\n# {\n#   "input": { "email": "a#b@example.jp" }\n# }\n\nmutation LogIn { x }';
  const step = parseStep('03-log-in.graphql', text);
  assert.equal(step.name, 'LogIn');
  assert.equal(step.query, text);
  assert.deepEqual(JSON.parse(step.variables), { input: { email: 'a#b@example.jp' } });
});

test('variables may stand on one line, and right before the operation', () => {
  const step = parseStep('a.graphql', '# variables: {"id": "1"}\nquery A($id: ID!) { a }\n');
  assert.deepEqual(JSON.parse(step.variables), { id: '1' });
});

test('a comment below the head is the query\'s own', () => {
  const step = parseStep('a.graphql', 'query A {\n# variables: not these\n  a\n}\n');
  assert.equal(step.variables, '');
  assert.match(step.query, /not these/);
});

test('a mistake names the file', () => {
  assert.throws(() => parseStep('a.graphql', '# variables: {\nquery A { a }'), /^Error: a\.graphql: the JSON/);
  assert.throws(() => parseStep('b.graphql', '{ a }'), /^Error: b\.graphql: no named operation/);
});

test('file names carry the order', () => {
  const steps = parseSteps({ '/10-b.graphql': 'query B { b }', '/02-a.graphql': 'query A { a }' });
  assert.deepEqual(steps.map(({ name }) => name), ['A', 'B']);
});

const folder = new URL('../../graphql/operations/', import.meta.url);
for (const file of readdirSync(folder).filter((name) => name.endsWith('.graphql'))) {
  test(`${file} is one operation whose variables it declares`, () => {
    const step = parseStep(file, readFileSync(new URL(file, folder), 'utf8'));
    const operations = parse(step.query).definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
    assert.equal(operations.length, 1);
    const declared = operations[0].variableDefinitions.map(({ variable }) => variable.name.value);
    const given = Object.keys(JSON.parse(step.variables || '{}'));
    assert.deepEqual(given.filter((name) => !declared.includes(name)), []);
  });
}
