//! The last word on every error of an execution: each has a code, none repeats an input value or the cause of a fault.

use async_graphql::{ErrorExtensionValues, PathSegment, Pos, ServerError, Value};

use super::answer::RequestErrorCode;

/// The code of a fault of ours. The transport adds the request id.
const INTERNAL: &str = "INTERNAL";

/// Lines above this one belong to arguments: async-graphql reports an input value that it cannot read at the value's position,
/// and a resolver's error at its field's. No document has so many lines.
const ARGUMENT_LINES: usize = 1 << 40;

/// The position of an argument's value in a normal form.
pub(super) fn mark_as_input(position: Pos) -> Pos {
    Pos { line: position.line + ARGUMENT_LINES, ..position }
}

/// Takes the mark off, and tells whether there was one. A value that was left out has position 0:0.
fn is_about_input(error: &mut ServerError) -> bool {
    let mut is_input = false;
    for position in &mut error.locations {
        if position.line >= ARGUMENT_LINES {
            position.line -= ARGUMENT_LINES;
            is_input = true;
        }
        is_input |= *position == Pos::default();
    }
    error.locations.retain(|position| *position != Pos::default());
    is_input
}

/// Gives the error its code. What a resolver or a scalar coded itself stays as it is.
pub(super) fn settle(error: &mut ServerError) {
    let is_input = is_about_input(error);
    if error.extensions.as_ref().is_some_and(|extensions| extensions.get("code").is_some()) {
        if let Some(own) = is_input.then(|| own_message(&error.message)).flatten() {
            error.message = own;
        }
        return;
    }
    let code = if is_input {
        error.message = input_message(&error.message);
        RequestErrorCode::BadUserInput.as_str()
    } else {
        tracing::error!(path = %path_text(&error.path), cause = %error.message, "a field failed");
        "The gateway could not answer this field.".clone_into(&mut error.message);
        INTERNAL
    };
    error.source = None;
    error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", Value::from(code));
}

/// A field of non-null type that came back as null without any error.
pub(super) fn null_where_none_may_be(path: Vec<PathSegment>, field: &str) -> ServerError {
    let message = format!("Cannot return null for the non-nullable field {field}.");
    ServerError { path, ..ServerError::new(message, None) }
}

/// What a scalar said itself: async-graphql puts the type's name in front.
fn own_message(original: &str) -> Option<String> {
    let (_, own) = original.strip_prefix("Failed to parse ")?.split_once(": ")?;
    Some(own.to_owned())
}

/// async-graphql writes the value that it refuses into its own messages; the type's name and the bound alone are kept.
fn input_message(original: &str) -> String {
    let (original, around) = original.split_once(" (occurred while parsing \"").unwrap_or((original, ""));
    let around = around.split('"').next().filter(|name| is_type_name(name));
    let bound = original.rsplit_once("must be ").map(|(_, bound)| bound.trim_end_matches('.'));
    let bound =
        bound.filter(|bound| bound.chars().all(|character| character.is_ascii_alphanumeric() || character == ' '));
    let whose = if original.contains("length is") { "its length" } else { "it" };
    let bound = bound.map(|bound| format!(": {whose} must be {bound}")).unwrap_or_default();
    let value = around.map_or_else(|| "An argument's value".to_owned(), |around| format!("A value of {around}"));
    match original.split('"').nth(1).filter(|name| is_type_name(name)) {
        Some(name) => format!("{value} does not fit the type {name}{bound}."),
        None => format!("{value} does not fit its type{bound}."),
    }
}

fn is_type_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_ascii_alphanumeric() || "_[]!".contains(character))
}

fn path_text(path: &[PathSegment]) -> String {
    let segments = path.iter().map(|segment| match segment {
        PathSegment::Field(name) => name.clone(),
        PathSegment::Index(index) => index.to_string(),
    });
    segments.collect::<Vec<_>>().join(".")
}
