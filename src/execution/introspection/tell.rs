//! What is told of the schema.

use apollo_compiler::Node;
use apollo_compiler::ast::{Directive, DirectiveList};
use apollo_compiler::schema::ExtendedType;
use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, PathSegment, Response, ServerError, Value};

use super::{Place, Plan, Question, SchemaIndex, Selected, Way};
use crate::execution::variables::Coerced;

/// The answers to the questions of an operation.
#[derive(Default)]
pub(in crate::execution) struct Told {
    fields: IndexMap<Name, Value>,
    errors: Vec<ServerError>,
}

impl Told {
    /// A type that there is none of is null; null in place of its name is an error beside that (CoerceArgumentValues, section 6.4.1).
    pub(in crate::execution) fn of(questions: &[Question], schema: &SchemaIndex, variables: &Coerced) -> Self {
        let mut told = Self::default();
        for question in questions {
            let key = question.key.clone();
            if let Some(place) = question.nameless(variables) {
                let path = vec![PathSegment::Field(key.to_string())];
                told.errors.push(ServerError { path, ..ServerError::new("a type has a name", Some(place)) });
            }
            let place = question.place(schema, variables);
            told.fields.insert(key, place.map_or(Value::Null, |place| object(schema, place, &question.plan)));
        }
        told
    }

    /// Puts them into what async-graphql answered to the rest of the operation, which is null where all of that failed.
    pub(in crate::execution) fn join(self, response: &mut Response) {
        match &mut response.data {
            Value::Object(fields) => fields.extend(self.fields),
            data => *data = Value::Object(self.fields),
        }
        response.errors.extend(self.errors);
    }
}

fn object(schema: &SchemaIndex, place: Place<'_>, plan: &Plan) -> Value {
    Value::Object(plan.fields.iter().map(|field| (field.key.clone(), value(schema, place, field))).collect())
}

fn value(schema: &SchemaIndex, place: Place<'_>, field: &Selected) -> Value {
    let Some((edge, plan)) = &field.below else { return place.leaf(schema, &field.name) };
    match place.follow(schema, *edge, field.includes_deprecated) {
        Way::Nowhere => Value::Null,
        Way::To(place) => object(schema, place, plan),
        Way::ToAll(places) => places.into_iter().map(|place| object(schema, place, plan)).collect(),
    }
}

impl<'s> Place<'s> {
    fn leaf(self, schema: &'s SchemaIndex, field: &str) -> Value {
        match (self, field) {
            (_, "__typename") => self.typename().into(),
            (_, "kind") => self.kind().map_or(Value::Null, |kind| Value::Enum(Name::new(kind))),
            (_, "name") => or_null(self.name()),
            (_, "description") => or_null(self.description(schema)),
            (_, "isDeprecated") => self.deprecation().is_some().into(),
            (_, "deprecationReason") => {
                let reason = self.deprecation().map(|mark| mark.argument_by_name("reason", &schema.schema));
                or_null(reason.and_then(|reason| reason.ok()?.as_str()))
            }
            (Self::Named(ExtendedType::Scalar(scalar)), "specifiedByURL") => {
                let mark = scalar.directives.get("specifiedBy");
                or_null(mark.and_then(|mark| mark.specified_argument_by_name("url")?.as_str()))
            }
            (Self::Named(ExtendedType::InputObject(input)), "isOneOf") => schema.is_one_of(input).into(),
            (Self::Input(input), "defaultValue") => input
                .default_value
                .as_ref()
                .map_or(Value::Null, |value| value.serialize().no_indent().to_string().into()),
            (Self::Directive(directive), "isRepeatable") => directive.repeatable.into(),
            (Self::Directive(directive), "locations") => {
                directive.locations.iter().map(|location| Value::Enum(Name::new(location.name()))).collect()
            }
            _ => Value::Null,
        }
    }

    fn typename(self) -> &'static str {
        match self {
            Self::Schema => "__Schema",
            Self::Named(_) | Self::NonNull(_) | Self::List(_) => "__Type",
            Self::Field(_) => "__Field",
            Self::Input(_) => "__InputValue",
            Self::EnumValue(_) => "__EnumValue",
            Self::Directive(_) => "__Directive",
        }
    }

    /// Of a type.
    fn kind(self) -> Option<&'static str> {
        Some(match self {
            Self::NonNull(_) => "NON_NULL",
            Self::List(_) => "LIST",
            Self::Named(ty) => match ty {
                ExtendedType::Scalar(_) => "SCALAR",
                ExtendedType::Object(_) => "OBJECT",
                ExtendedType::Interface(_) => "INTERFACE",
                ExtendedType::Union(_) => "UNION",
                ExtendedType::Enum(_) => "ENUM",
                ExtendedType::InputObject(_) => "INPUT_OBJECT",
            },
            _ => return None,
        })
    }

    fn name(self) -> Option<&'s str> {
        Some(match self {
            Self::Named(ty) => ty.name(),
            Self::Field(field) => &field.name,
            Self::Input(input) => &input.name,
            Self::EnumValue(value) => &value.value,
            Self::Directive(directive) => &directive.name,
            Self::Schema | Self::NonNull(_) | Self::List(_) => return None,
        })
    }

    fn description(self, schema: &'s SchemaIndex) -> Option<&'s str> {
        let description = match self {
            Self::Schema => &schema.schema.schema_definition.description,
            Self::Named(ty) => return ty.description().map(|text| &**text),
            Self::Field(field) => &field.description,
            Self::Input(input) => &input.description,
            Self::EnumValue(value) => &value.description,
            Self::Directive(directive) => &directive.description,
            Self::NonNull(_) | Self::List(_) => return None,
        };
        description.as_deref()
    }

    /// The mark of what is deprecated.
    pub(super) fn deprecation(self) -> Option<&'s Node<Directive>> {
        let directives: &DirectiveList = match self {
            Self::Field(field) => &field.directives,
            Self::Input(input) => &input.directives,
            Self::EnumValue(value) => &value.directives,
            _ => return None,
        };
        directives.get("deprecated")
    }
}

fn or_null(text: Option<&str>) -> Value {
    text.map_or(Value::Null, Value::from)
}
