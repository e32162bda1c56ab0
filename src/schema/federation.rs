//! The shapes of Apollo Federation's subgraph specification that no router may miss. Its names begin with an underscore.

use async_graphql::{ID, InputValueError, InputValueResult, Scalar, ScalarType, SimpleObject, Value};

/// What a router knows of an entity.
#[derive(Debug, Clone)]
pub struct Representation(Value);

/// An entity as a router of Apollo Federation names it: an object with `__typename` and the key `id`. Whatever else stands in it is
/// not looked at.
#[Scalar(name = "_Any")]
impl ScalarType for Representation {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::Null => Err(InputValueError::expected_type(value)),
            // Judged where it is looked up, so that a wrong one takes none of the others with it.
            _ => Ok(Self(value)),
        }
    }

    fn to_value(&self) -> Value {
        self.0.clone()
    }
}

impl Representation {
    /// The type and the key; `None` where either is missing or no text.
    pub fn named(&self) -> Option<(&str, ID)> {
        let Value::Object(members) = &self.0 else { return None };
        match (members.get("__typename")?, members.get("id")?) {
            (Value::String(typename), Value::String(id)) => Some((typename, ID(id.clone()))),
            _ => None,
        }
    }
}

/// What this subgraph adds to a supergraph (Apollo Federation).
#[derive(Debug, SimpleObject)]
#[graphql(name = "_Service")]
pub struct Service {
    /// The schema with the keys of its entities: the text that `madoguchi schema print --federation` prints.
    pub sdl: &'static str,
}
