//! From text to a validated document: limits first, then syntax, then the schema's rules.
//!
//! No step recurses deeper than [`Limits::recursion`]; async-graphql's own parser and validator never see a client's text.

use apollo_compiler::ExecutableDocument;
use apollo_compiler::parser::Parser;
use apollo_compiler::validation::{DiagnosticList, Valid};
use async_graphql::{Pos, ServerError};
use sha2::{Digest, Sha256};

use super::answer::{Answer, RequestError, RequestErrorCode};
use super::census::Census;
use super::limits::{Bound, Limits};
use super::schema_index::SchemaIndex;
use super::{expansion, scan, usages};

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
        let text = scan::scan(text, limits).map_err(|error| Box::new(error.into()))?;
        // The scan has counted the tokens; the parser would count each comma, comment and run of white space with them.
        let mut parser = Parser::new().recursion_limit(limits.recursion).token_limit(usize::MAX);
        let ast = parser.parse_ast(text, "document").map_err(|invalid| unreadable(&invalid.errors, limits))?;
        Census::of(&ast).check(limits)?;
        expansion::check(&ast, limits).map_err(|error| Box::new(error.into()))?;
        let executable = ast
            .to_executable_validate(&schema.schema)
            .map_err(|invalid| refused(RequestErrorCode::GraphqlValidationFailed, &invalid.errors, limits))?;
        usages::check(&executable, schema).map_err(|error| Box::new(error.into()))?;
        Ok(Self { fingerprint, executable })
    }
}

fn unreadable(errors: &DiagnosticList, limits: &Limits) -> Box<Answer> {
    let is_limit = errors.iter().any(|diagnostic| !diagnostic.error.to_string().starts_with("syntax error"));
    if is_limit {
        // The parser's own limit is that of the scan, and counted as strictly or less so.
        return Box::new(Bound::Nesting.passed(limits.recursion).into());
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
