//! The schema as the executor sees it: parsed from the SDL that async-graphql prints, so that the two cannot differ.

use std::collections::HashMap;

use apollo_compiler::ast::{Definition, Document, FieldDefinition};
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Schema};

use super::engine::EngineError;

/// What this version of the validator does not know of the introspection schema.
const LATER_INTROSPECTION: &str = "extend type __Type { isOneOf: Boolean }";
const LATER_DIRECTIVE: &str = "directive @oneOf on INPUT_OBJECT";
/// What it knows better: async-graphql 7.2 prints these without the descriptions of their arguments.
const KNOWN_DIRECTIVES: [&str; 4] = ["skip", "include", "deprecated", "specifiedBy"];

pub(super) struct SchemaIndex {
    pub(super) schema: Valid<Schema>,
    possible_types: HashMap<Name, Vec<Name>>,
    texts: &'static [&'static str],
}

impl SchemaIndex {
    /// Reads async-graphql's SDL. The scalars of these names are strings on the wire, which no SDL says.
    pub(super) fn try_new(sdl: &str, texts: &'static [&'static str]) -> Result<Self, EngineError> {
        let mut text = format!("{sdl}\n{LATER_INTROSPECTION}\n");
        if !sdl.contains("directive @oneOf") {
            text.push_str(LATER_DIRECTIVE);
        }
        let document = Document::parse(text, "schema.graphql");
        let mut document = document.map_err(|invalid| EngineError::Schema(invalid.errors.to_string()))?;
        document.definitions.retain(|definition| !is_known_directive(definition));
        let schema = document.to_schema_validate();
        let schema = schema.map_err(|invalid| EngineError::Schema(invalid.errors.to_string()))?;
        let possible_types = possible_types(&schema);
        Ok(Self { schema, possible_types, texts })
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

fn is_known_directive(definition: &Definition) -> bool {
    matches!(definition, Definition::DirectiveDefinition(directive) if KNOWN_DIRECTIVES.contains(&directive.name.as_str()))
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
