// Reads `graphql/operations/*.graphql` as steps: the operation, its help and the variables to begin with.
// The convention is told in graphql/operations/README.md.

const MARK = /^#\s*variables:(.*)$/;
const OPERATION = /^(?:query|mutation|subscription)\s+(\w+)/m;

/**
 * One file as a step. The query is the file to the letter, so that a gateway that runs trusted documents alone knows it; the comment
 * lines at its head are its help, and what follows `# variables:` there is JSON for the variables editor.
 */
export function parseStep(file, text) {
  const lines = text.split(/\r?\n/);
  const end = lines.findIndex((line) => !line.startsWith('#'));
  const head = lines.slice(0, end < 0 ? lines.length : end);
  const mark = head.findIndex((line) => MARK.test(line));
  const name = OPERATION.exec(text)?.[1];
  if (!name) throw new Error(`${file}: no named operation`);
  return { name, query: text, variables: mark < 0 ? '' : variablesOf(file, head.slice(mark)) };
}

function variablesOf(file, [first, ...rest]) {
  const json = [MARK.exec(first)[1], ...rest.map((line) => line.slice(1))].join('\n');
  try {
    return pretty(JSON.parse(json));
  } catch (error) {
    throw new Error(`${file}: the JSON after "# variables:" is not valid: ${error.message}`);
  }
}

export function pretty(variables) {
  return JSON.stringify(variables, null, 2);
}

/** All steps, in the order of their file names. `files` maps a path to its text. */
export function parseSteps(files) {
  return Object.keys(files)
    .sort()
    .map((file) => parseStep(file, files[file]));
}
