//! What the validator finds, as errors for whoever wrote the document.

use apollo_compiler::diagnostic::{Diagnostic, ToCliReport};
use apollo_compiler::validation::{DiagnosticData, DiagnosticList};
use async_graphql::{Pos, ServerError};

use super::answer::{Answer, RequestError, RequestErrorCode};
use super::limits::Limits;

type Finding<'d> = Diagnostic<'d, DiagnosticData>;

/// An answer of all findings, as far as there is room.
pub(super) fn answer(code: RequestErrorCode, found: &DiagnosticList, limits: &Limits) -> Box<Answer> {
    let places = Places::of(found);
    let errors = found.iter().filter(|finding| !places.is_consequence(finding));
    of(code, errors, limits)
}

/// The same of those of one kind.
pub(super) fn answer_of_kind(kind: &str, found: &DiagnosticList, limits: &Limits) -> Option<Box<Answer>> {
    let mut errors = found.iter().filter(|finding| finding.error.unstable_error_name() == Some(kind)).peekable();
    errors.peek()?;
    Some(of(RequestErrorCode::GraphqlValidationFailed, errors, limits))
}

fn of<'d>(code: RequestErrorCode, found: impl Iterator<Item = Finding<'d>>, limits: &Limits) -> Box<Answer> {
    let errors = found.take(limits.errors).map(|finding| {
        let place = finding.line_column_range().map(|range| range.start);
        let place = place.map(|start| Pos { line: start.line, column: start.column });
        ServerError::from(RequestError::new(code, message(&finding)).at(place))
    });
    Box::new(Answer { errors: errors.collect(), ..Answer::default() })
}

/// The validator's words, where they name what is wrong and repeat no value.
fn message(finding: &Finding<'_>) -> String {
    let words = finding.error.to_string();
    let name = |position: usize| words.split('`').nth(position);
    let ours = match finding.error.unstable_error_name() {
        Some("UndefinedDefinition") => name(1).map(|name| format!("the schema has no type `{name}`")),
        Some("UndefinedDirective") => name(1).map(|name| format!("the schema has no directive `{name}`")),
        Some("UndefinedEnumValue") => Some(match name(3) {
            Some(name) => format!("the enum `{name}` has no such value"),
            None => "the enum has no such value".to_owned(),
        }),
        // Only the words for graphql-js name the field.
        Some("MissingSubselection") => finding.error.unstable_compat_message().and_then(|theirs| {
            let field = theirs.split('"').nth(1)?;
            Some(format!("the field `{field}` is an object: say which of its fields are wanted, `{field} {{ … }}`"))
        }),
        _ => None,
    };
    ours.unwrap_or(words)
}

/// Where something was found, in order.
struct Places(Vec<usize>);

impl Places {
    fn of(found: &DiagnosticList) -> Self {
        let mut places: Vec<_> = found.iter().filter_map(|finding| Some(finding.error.location()?.offset())).collect();
        places.sort_unstable();
        Self(places)
    }

    /// Whether a field is said to have no fields selected because those that it has are all wrong, which is said as well.
    fn is_consequence(&self, finding: &Finding<'_>) -> bool {
        let is_about_none = finding.error.unstable_error_name() == Some("MissingSubselection");
        finding.error.location().filter(|_| is_about_none).is_some_and(|field| {
            let next = self.0.partition_point(|place| *place <= field.offset());
            self.0.get(next).is_some_and(|place| *place < field.end_offset())
        })
    }
}
