import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operationOf } from '../src/operation.js';

const nameOf = (query, operationName) => operationOf({ query, operationName })?.name?.value;

test('a name left over from another tab gives way to the operation that is there', () => {
  assert.equal(nameOf('query Viewer { a }', 'LogIn'), 'Viewer');
  assert.equal(operationOf({ query: 'subscription Events { a }', operationName: 'Viewer' }).operation, 'subscription');
});

test('among several operations the name decides, and without one nothing does', () => {
  assert.equal(nameOf('query A { a } query B { b }', 'B'), 'B');
  assert.equal(operationOf({ query: 'query A { a } query B { b }', operationName: 'C' }), null);
});

test('an operation without a name, or a text that cannot be parsed, keeps the gateway as the judge', () => {
  assert.equal(operationOf({ query: '{ a }', operationName: 'LogIn' }).name, undefined);
  assert.equal(operationOf({ query: '{', operationName: null }), null);
});
