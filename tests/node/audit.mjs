// The audits of the GraphQL-over-HTTP draft against the gateway: node audit.mjs http://…/graphql
import { auditServer } from 'graphql-http';

const results = await auditServer({ url: process.argv[2] });
const count = (level) => {
  const of = results.filter(({ name }) => name.startsWith(level));
  return `${level} ${of.filter(({ status }) => status === 'ok').length}/${of.length}`;
};
const failed = results.filter(({ status }) => status !== 'ok');
for (const { id, name, reason } of failed) console.log(`${id} ${name}: ${reason}`);
console.log(['MUST', 'SHOULD', 'MAY'].map(count).join(', '));
