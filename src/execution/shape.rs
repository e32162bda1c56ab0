//! What an answer must look like: the types of a normal form, by which what async-graphql returns is completed.

use std::collections::HashMap;

use async_graphql::Name;

/// The type of one position of an answer.
pub(super) struct Shape {
    pub(super) is_non_null: bool,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    /// A scalar or an enum.
    Leaf,
    List(Box<Shape>),
    Object(ObjectShape),
    /// An interface or a union: the shape of each object type behind it. The object tells its type under the reserved key.
    Abstract(HashMap<String, ObjectShape>),
}

/// The selected fields of an object type in the document's order.
pub(super) struct ObjectShape {
    pub(super) fields: Vec<FieldShape>,
}

pub(super) struct FieldShape {
    /// The response key.
    pub(super) key: Name,
    /// The field in the schema (`Facility.name`), for messages.
    pub(super) coordinate: String,
    pub(super) shape: Shape,
}
