//! From text to a validated document: limits first, then syntax, then the schema's rules.
//!
//! No step recurses deeper than [`Limits::recursion`]; async-graphql's own parser and validator never see a client's text.

use std::collections::HashSet;

use apollo_compiler::executable::{self, Selection, SelectionSet};
use apollo_compiler::parser::Parser;
use apollo_compiler::validation::{DiagnosticList, Valid, WithErrors};
use apollo_compiler::{ExecutableDocument, Name};
use sha2::{Digest, Sha256};

use super::answer::{Answer, RequestError, RequestErrorCode};
use super::census::Census;
use super::limits::{Bound, Limits};
use super::operation::OperationKind;
use super::schema_index::SchemaIndex;
use super::{expansion, findings, overlap, scan, usages};

/// What a document takes in memory: by itself, for each byte of its text, for each token, which may be a field, and for each line, whose
/// place is kept from the first time that a position is asked for.
const BYTES: usize = 3_000;
const BYTES_OF_A_BYTE: usize = 2;
const BYTES_OF_A_TOKEN: usize = 250;
const BYTES_OF_A_LINE: usize = 64;
/// What the parser's crate counts as the end of a line.
const LINE_ENDS: [char; 7] = ['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];

/// How a document is recognised when it comes again.
pub(super) type Fingerprint = [u8; 32];

pub(super) fn fingerprint(text: &str) -> Fingerprint {
    Sha256::digest(text.as_bytes()).into()
}

/// A document that fits the schema and the limits.
pub struct Document {
    pub(super) fingerprint: Fingerprint,
    pub(super) executable: Valid<ExecutableDocument>,
    /// The bytes that it takes at most, roughly: measured over documents of one kind of token each.
    pub(super) weight: usize,
}

impl Document {
    /// Reads a document, or says all that is wrong with it as far as the limits let it.
    pub(super) fn try_new(
        text: &str,
        fingerprint: Fingerprint,
        schema: &SchemaIndex,
        limits: &Limits,
    ) -> Result<Self, Box<Answer>> {
        let scanned = scan::scan(text, limits).map_err(|error| Box::new(error.into()))?;
        let lines = text.chars().filter(|letter| LINE_ENDS.contains(letter)).count();
        let weight = BYTES + text.len() * BYTES_OF_A_BYTE + scanned.tokens * BYTES_OF_A_TOKEN + lines * BYTES_OF_A_LINE;
        // The scan has counted the tokens; the parser would count each comma, comment and run of white space with them.
        let mut parser = Parser::new().recursion_limit(limits.recursion).token_limit(usize::MAX);
        let ast =
            parser.parse_ast(&*scanned.text, "document").map_err(|invalid| unreadable(&invalid.errors, limits))?;
        Census::of(&ast).check(&ast.sources, limits)?;
        expansion::check(&ast, limits).map_err(|error| Box::new(error.into()))?;
        let executable = match ast.to_executable_validate(&schema.schema) {
            Ok(executable) => executable,
            Err(WithErrors { partial, errors }) if is_one_field_twice(&partial, &errors) => {
                Valid::assume_valid(partial)
            }
            Err(WithErrors { errors, .. }) => {
                return Err(findings::answer(RequestErrorCode::GraphqlValidationFailed, &errors, limits));
            }
        };
        if let Err(found) = overlap::check(&executable, schema)
            && let Some(answer) = findings::answer_of_kind(overlap::CONFLICT, &found, limits)
        {
            return Err(answer);
        }
        usages::check(&executable, schema).map_err(|error| Box::new(error.into()))?;
        Ok(Self { fingerprint, executable, weight })
    }

    /// What its operation of this name does; nothing when there is none.
    pub fn kind(&self, operation_name: Option<&str>) -> Option<OperationKind> {
        self.operation(operation_name).ok().map(|operation| operation.operation_type.into())
    }

    /// Its operations with their names.
    pub fn operations(&self) -> impl Iterator<Item = (Option<&str>, OperationKind)> {
        let operations = self.executable.operations.iter();
        operations.map(|one| (one.name.as_deref(), one.operation_type.into()))
    }

    /// GetOperation (GraphQL specification, section 6.1).
    pub(super) fn operation(&self, name: Option<&str>) -> Result<&executable::Operation, RequestError> {
        let operations = &self.executable.operations;
        operations.get(name).map(|operation| &**operation).map_err(|_| {
            let message = match name {
                Some(_) => "`operationName` names no operation of the document.",
                None if operations.is_empty() => "The document has no operation.",
                None => "The document has several operations: say by `operationName` which one is to run.",
            };
            RequestError::new(RequestErrorCode::OperationResolutionFailed, message)
        })
    }
}

/// Whether all that the validator complains of is a subscription that names its one field several times, as fragments beside each other do:
/// fields of one response key are one (section 5.2.4.1).
fn is_one_field_twice(document: &ExecutableDocument, errors: &DiagnosticList) -> bool {
    let is_about_fields = |name: Option<&str>| name == Some("SubscriptionUsesMultipleFields");
    let mut subscriptions = document.operations.iter().filter(|operation| operation.is_subscription());
    errors.iter().all(|diagnostic| is_about_fields(diagnostic.error.unstable_error_name()))
        && subscriptions.all(|subscription| {
            let (mut keys, mut spread) = (HashSet::new(), HashSet::new());
            response_keys(document, &subscription.selection_set, &mut spread, &mut keys);
            keys.len() == 1
        })
}

fn response_keys<'d>(
    document: &'d ExecutableDocument,
    selections: &'d SelectionSet,
    spread: &mut HashSet<&'d Name>,
    keys: &mut HashSet<&'d Name>,
) {
    for selection in &selections.selections {
        match selection {
            Selection::Field(field) => drop(keys.insert(field.response_key())),
            Selection::InlineFragment(fragment) => response_keys(document, &fragment.selection_set, spread, keys),
            Selection::FragmentSpread(fragment) if spread.insert(&fragment.fragment_name) => {
                if let Some(definition) = document.fragments.get(&fragment.fragment_name) {
                    response_keys(document, &definition.selection_set, spread, keys);
                }
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn unreadable(errors: &DiagnosticList, limits: &Limits) -> Box<Answer> {
    let is_limit = errors.iter().any(|diagnostic| !diagnostic.error.to_string().starts_with("syntax error"));
    if is_limit {
        // The parser's own limit is that of the scan, and counted as strictly or less so.
        return Box::new(Bound::Nesting.passed(limits.recursion).into());
    }
    findings::answer(RequestErrorCode::GraphqlParseFailed, errors, limits)
}
