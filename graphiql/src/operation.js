import { getOperationAST, parse } from 'graphql';

/**
 * The operation that a request asks for, read from its own text. GraphiQL's idea of it (`operationName`, `documentAST`) lags
 * a tenth of a second behind the editor: whoever changes the tab and runs at once would send the new tab's text under the
 * old tab's name. Null when the text does not say which, or cannot be parsed; the gateway then tells why.
 */
export function operationOf({ query, operationName }) {
  try {
    const document = parse(query);
    return getOperationAST(document, operationName) ?? getOperationAST(document);
  } catch {
    return null;
  }
}
