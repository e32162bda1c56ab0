// The queries by which graphql-js's tools (GraphiQL among them) ask for a schema, a JSON list: node introspection.mjs
import { getIntrospectionQuery } from 'graphql';

const everything = { descriptions: true, specifiedByUrl: true, directiveIsRepeatable: true, schemaDescription: true, inputValueDeprecation: true, oneOf: true };
console.log(JSON.stringify([getIntrospectionQuery(), getIntrospectionQuery({ descriptions: false }), getIntrospectionQuery(everything)]));
