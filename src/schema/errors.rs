//! Refusals as GraphQL data: a code, the field, and words in the reader's language.

use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaEnumValue, MetaType, MetaTypeId, Registry};
use async_graphql::{ContextSelectionSet, Name, OutputType, Positioned, ServerResult, SimpleObject, Value};

use crate::domain::language::Language;
use crate::domain::refusal::{self, Refusal};

/// What was refused and how to mend it. Nothing was changed.
#[derive(Debug, Clone, SimpleObject)]
pub struct UserError {
    /// What was wrong, stable for programs.
    pub code: ErrorCode,
    /// The path of the input field that it is about, outermost first (`["input", "email"]`); of a submission, the field of the application
    /// that is still to be filled in (`["staffCount"]`); null when it is about the whole.
    pub field: Option<Vec<String>>,
    /// What was wrong and what to do, for people, in the language of `Accept-Language` (Japanese or English).
    pub message: String,
}

impl UserError {
    /// Words a refusal for a reader.
    pub fn new(refusal: &Refusal, language: Language) -> Self {
        let field = (!refusal.field.is_empty()).then(|| refusal.field.clone());
        Self { code: ErrorCode(refusal.code()), field, message: refusal.message(language) }
    }
}

/// The domain's codes as a GraphQL enum. Its values and their descriptions are the domain's own list, so that the two cannot part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode(pub refusal::ErrorCode);

impl OutputType for ErrorCode {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("ErrorCode")
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Enum, |_| MetaType::Enum {
            name: "ErrorCode".to_owned(),
            description: Some(
                "A stable code of a refusal: programs branch on it, and it never changes its meaning.".to_owned(),
            ),
            enum_values: refusal::ErrorCode::ALL.iter().map(|code| (code.as_str().to_owned(), value(*code))).collect(),
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            rust_typename: Some(std::any::type_name::<Self>()),
            directive_invocations: Vec::new(),
            requires_scopes: Vec::new(),
        })
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        Ok(Value::Enum(Name::new(self.0.as_str())))
    }
}

fn value(code: refusal::ErrorCode) -> MetaEnumValue {
    MetaEnumValue {
        name: code.as_str().to_owned(),
        description: Some(code.meaning().trim().to_owned()),
        deprecation: Default::default(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        directive_invocations: Vec::new(),
    }
}
