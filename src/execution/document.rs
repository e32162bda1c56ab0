//! From text to a validated document: limits first, then syntax, then the schema's rules.
//!
//! No step recurses deeper than [`Limits::recursion`]; async-graphql's own parser and validator never see a client's text.

use apollo_compiler::ExecutableDocument;
use apollo_compiler::ast::{Definition, DirectiveList, Document as Ast, Selection};
use apollo_compiler::parser::Parser;
use apollo_compiler::validation::{DiagnosticList, Valid};
use async_graphql::{Pos, ServerError};
use sha2::{Digest, Sha256};

use super::answer::{Answer, RequestError, RequestErrorCode};
use super::limits::Limits;
use super::schema_index::SchemaIndex;

/// How a document is recognised when it comes again.
pub(super) type Fingerprint = [u8; 32];

pub(super) fn fingerprint(text: &str) -> Fingerprint {
    Sha256::digest(text.as_bytes()).into()
}

/// A document that fits the schema and the limits.
pub(super) struct Document {
    pub(super) fingerprint: Fingerprint,
    pub(super) executable: Valid<ExecutableDocument>,
}

impl Document {
    /// Reads a document, or says all that is wrong with it as far as the limits let it.
    pub(super) fn try_new(
        text: &str,
        fingerprint: Fingerprint,
        schema: &SchemaIndex,
        limits: &Limits,
    ) -> Result<Self, Box<Answer>> {
        if text.len() > limits.document_bytes {
            return Err(too_large("bytes", limits.document_bytes));
        }
        let mut parser = Parser::new().recursion_limit(limits.recursion).token_limit(limits.tokens);
        let ast = parser.parse_ast(text, "document").map_err(|invalid| unreadable(&invalid.errors, limits))?;
        let mut census = Census::default();
        census.document(&ast);
        census.check(limits)?;
        let executable = ast
            .to_executable_validate(&schema.schema)
            .map_err(|invalid| refused(RequestErrorCode::GraphqlValidationFailed, &invalid.errors, limits))?;
        Ok(Self { fingerprint, executable })
    }
}

fn too_large(what: &str, limit: usize) -> Box<Answer> {
    let message = format!("The document has more {what} than the {limit} that are accepted.");
    Box::new(Answer::request_error(RequestErrorCode::DocumentTooLarge, message))
}

fn unreadable(errors: &DiagnosticList, limits: &Limits) -> Box<Answer> {
    let is_limit = errors.iter().any(|diagnostic| !diagnostic.error.to_string().starts_with("syntax error"));
    if is_limit {
        let message = format!(
            "The document has more than {} tokens or is nested deeper than {} levels.",
            limits.tokens, limits.recursion
        );
        return Box::new(Answer::request_error(RequestErrorCode::DocumentTooLarge, message));
    }
    refused(RequestErrorCode::GraphqlParseFailed, errors, limits)
}

fn refused(code: RequestErrorCode, diagnostics: &DiagnosticList, limits: &Limits) -> Box<Answer> {
    let errors = diagnostics.iter().take(limits.errors).map(|diagnostic| {
        let place = diagnostic.line_column_range().map(|range| range.start);
        let place = place.map(|start| Pos { line: start.line, column: start.column });
        // The only message of the validator that would repeat a literal.
        let message = match diagnostic.error.unstable_error_name() {
            Some("UndefinedEnumValue") => "an enum has no such value".to_owned(),
            _ => diagnostic.error.to_string(),
        };
        ServerError::from(RequestError::new(code, message).at(place))
    });
    Box::new(Answer { errors: errors.collect(), ..Answer::default() })
}

/// Counts what validation would have to compare with each other.
#[derive(Default)]
struct Census {
    aliases: usize,
    directives: usize,
    variables: usize,
    uses_reserved_key: bool,
}

/// The response key under which abstract types tell what an object is.
pub(super) const RESERVED_KEY: &str = "__gatewayTypename";

impl Census {
    fn document(&mut self, document: &Ast) {
        for definition in &document.definitions {
            match definition {
                Definition::OperationDefinition(operation) => {
                    self.variables += operation.variables.len();
                    operation.variables.iter().for_each(|variable| self.directives(&variable.directives));
                    self.directives(&operation.directives);
                    self.selections(&operation.selection_set);
                }
                Definition::FragmentDefinition(fragment) => {
                    self.directives(&fragment.directives);
                    self.selections(&fragment.selection_set);
                }
                // Validation refuses everything else.
                _ => {}
            }
        }
    }

    fn selections(&mut self, selections: &[Selection]) {
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    self.aliases += usize::from(field.alias.is_some());
                    self.uses_reserved_key |= field.alias.as_ref().is_some_and(|alias| alias == RESERVED_KEY);
                    self.directives(&field.directives);
                    self.selections(&field.selection_set);
                }
                Selection::FragmentSpread(spread) => self.directives(&spread.directives),
                Selection::InlineFragment(fragment) => {
                    self.directives(&fragment.directives);
                    self.selections(&fragment.selection_set);
                }
            }
        }
    }

    fn directives(&mut self, directives: &DirectiveList) {
        self.directives += directives.len();
    }

    fn check(&self, limits: &Limits) -> Result<(), Box<Answer>> {
        for (what, count, limit) in [
            ("aliases", self.aliases, limits.aliases),
            ("directives", self.directives, limits.directives),
            ("variables", self.variables, limits.variables),
        ] {
            if count > limit {
                return Err(too_large(what, limit));
            }
        }
        if self.uses_reserved_key {
            let message = format!("`{RESERVED_KEY}` cannot be an alias.");
            return Err(Box::new(Answer::request_error(RequestErrorCode::GraphqlValidationFailed, message)));
        }
        Ok(())
    }
}
