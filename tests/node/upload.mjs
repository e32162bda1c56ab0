// A browser's own FormData and fetch, as Node has them: attaches a file and prints the answer.
const [address, token, applicationId, fileName, content] = process.argv.slice(2);
const query = `mutation($input: AddAttachmentInput!) {
  addAttachment(input: $input) { attachment { fileName size } userErrors { code message } }
}`;
const form = new FormData();
form.append('operations', JSON.stringify({ query, variables: { input: { applicationId, file: null } } }));
form.append('map', JSON.stringify({ 0: ['variables.input.file'] }));
form.append('0', new Blob([content]), fileName);
const headers = { authorization: `Bearer ${token}`, 'apollo-require-preflight': 'true' };
const response = await fetch(`${address}/graphql`, { method: 'POST', headers, body: form });
console.log(await response.text());
