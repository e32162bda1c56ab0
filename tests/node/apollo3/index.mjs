// Apollo Client 3 and its links. In a folder of its own, as its upload link and that of version 4 each want their own version in the
// place where both look.
export { default as apollo } from '@apollo/client/core/core.cjs';
import persisted from '@apollo/client/link/persisted-queries/persisted-queries.cjs';
import subscriptions from '@apollo/client/link/subscriptions/subscriptions.cjs';
export { default as createUploadLink } from 'apollo-upload-client/createUploadLink.mjs';

export const { createPersistedQueryLink } = persisted;
export const { GraphQLWsLink } = subscriptions;
