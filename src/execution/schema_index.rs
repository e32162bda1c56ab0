//! The schema as the executor sees it: parsed from the SDL that async-graphql prints, so that the two cannot differ.

use std::collections::HashMap;
use std::sync::Arc;

use apollo_compiler::ast::FieldDefinition;
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Schema};
use async_graphql::Name as FormName;

use super::engine::EngineError;

/// What this version of the validator does not know of the introspection schema, though async-graphql answers it.
const LATER_INTROSPECTION: &str = "extend type __Type { isOneOf: Boolean }";
const LATER_DIRECTIVE: &str = "directive @oneOf on INPUT_OBJECT";

pub(super) struct SchemaIndex {
    pub(super) schema: Valid<Schema>,
    possible_types: HashMap<Name, Vec<Name>>,
    /// Interfaces, of which async-graphql 7.2 says that they can have no interfaces.
    pub(super) interfaces: Arc<[FormName]>,
    /// Scalars of the specification that nothing uses, though async-graphql lists them.
    pub(super) unused: Arc<[FormName]>,
    texts: &'static [&'static str],
}

impl SchemaIndex {
    /// Reads async-graphql's SDL. The scalars of these names are strings on the wire, which no SDL says.
    pub(super) fn try_new(sdl: &str, texts: &'static [&'static str]) -> Result<Self, EngineError> {
        let mut text = format!("{sdl}\n{LATER_INTROSPECTION}\n");
        if sdl.contains("@oneOf") && !sdl.contains("directive @oneOf") {
            text.push_str(LATER_DIRECTIVE);
        }
        let schema = Schema::parse_and_validate(text, "schema.graphql")
            .map_err(|invalid| EngineError::Schema(invalid.errors.to_string()))?;
        let possible_types = possible_types(&schema);
        let is_interface = |(name, ty): (&Name, &ExtendedType)| ty.is_interface().then(|| FormName::new(name));
        let interfaces = schema.types.iter().filter_map(is_interface).collect();
        // The validator has those alone that are used.
        let scalars = ["Int", "Float", "String", "Boolean", "ID"].into_iter();
        let unused = scalars.filter(|name| !schema.types.contains_key(*name)).map(FormName::new).collect();
        Ok(Self { schema, possible_types, interfaces, unused, texts })
    }

    pub(super) fn field(&self, of: &Name, field: &Name) -> Option<&FieldDefinition> {
        self.schema.type_field(of, field).ok().map(|definition| &***definition)
    }

    pub(super) fn type_named(&self, name: &str) -> Option<&ExtendedType> {
        self.schema.types.get(name)
    }

    /// The object types that stand behind a type: itself, or those of an interface or union, by name.
    pub(super) fn possible_types(&self, name: &Name) -> &[Name] {
        self.possible_types.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether a fragment on `condition` applies to objects of type `object`.
    pub(super) fn applies(&self, condition: &Name, object: &Name) -> bool {
        condition == object || self.schema.is_subtype(condition, object)
    }

    /// Whether values of the type are strings on the wire; what they say is judged by whoever reads them.
    pub(super) fn is_text(&self, name: &str) -> bool {
        matches!(name, "String") || self.texts.contains(&name)
    }

    /// Whether exactly one field of the input object must be given.
    pub(super) fn is_one_of(&self, input: &InputObjectType) -> bool {
        input.directives.has("oneOf")
    }
}

fn possible_types(schema: &Schema) -> HashMap<Name, Vec<Name>> {
    let mut possible: HashMap<Name, Vec<Name>> = HashMap::new();
    for (name, definition) in &schema.types {
        match definition {
            ExtendedType::Object(object) => {
                for interface in &object.implements_interfaces {
                    possible.entry(interface.name.clone()).or_default().push(name.clone());
                }
            }
            ExtendedType::Union(union) => {
                let members = union.members.iter().map(|member| member.name.clone()).collect();
                possible.insert(name.clone(), members);
            }
            _ => {}
        }
    }
    possible
}
