// graphql-codegen makes types of the committed schema and operations, and tsc finds a client that uses them sound:
// node codegen.mjs SCHEMA OPERATIONS FOLDER
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { codegen } from '@graphql-codegen/core';
import * as typedDocumentNode from '@graphql-codegen/typed-document-node';
import * as typescriptOperations from '@graphql-codegen/typescript-operations';
import { parse } from 'graphql';
import ts from 'typescript';

const [schemaFile, operations, folder] = process.argv.slice(2);
const files = readdirSync(operations).filter((name) => name.endsWith('.graphql'));
const documents = files.map((name) => ({ location: name, document: parse(readFileSync(join(operations, name), 'utf8')) }));
const scalars = { DateTime: 'string', BigInt: 'number', ConfidentialText: 'string', EventCursor: 'string', Upload: 'File', _Any: 'unknown' };
const strict = { scalars, strictScalars: true };
const written = await codegen({
  filename: 'graphql.ts',
  schema: parse(readFileSync(schemaFile, 'utf8')),
  documents,
  config: {},
  plugins: [{ operations: strict }, { documents: strict }],
  pluginMap: { operations: typescriptOperations, documents: typedDocumentNode },
});
mkdirSync(folder, { recursive: true });
symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
writeFileSync(join(folder, 'graphql.ts'), written);
writeFileSync(
  join(folder, 'client.ts'),
  `import type { ResultOf, VariablesOf } from '@graphql-typed-document-node/core';
import { SubmitApplicationDocument, ViewerDocument } from './graphql';

type Viewer = ResultOf<typeof ViewerDocument>;
export const names = ({ viewer }: Viewer): string[] => viewer?.facilities.nodes.map(({ name }) => name) ?? [];
export const submit: VariablesOf<typeof SubmitApplicationDocument> = { input: { applicationId: 'application_1', expectedVersion: 1 } };
// @ts-expect-error A text is no version.
export const wrong: VariablesOf<typeof SubmitApplicationDocument> = { input: { applicationId: 'application_1', expectedVersion: '1' } };
`,
);
const options = { strict: true, noEmit: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, skipLibCheck: true };
options.moduleResolution = ts.ModuleResolutionKind.Bundler;
const program = ts.createProgram([join(folder, 'graphql.ts'), join(folder, 'client.ts')], options);
const complaints = ts.getPreEmitDiagnostics(program);
console.log(ts.formatDiagnostics(complaints, { getCurrentDirectory: () => folder, getCanonicalFileName: (n) => n, getNewLine: () => '\n' }));
console.log(`${documents.length} documents, ${complaints.length} complaints`);
