//! CompleteValue (GraphQL specification, section 6.4.3) over what async-graphql returned.
//!
//! async-graphql 7.2.1 leaves a failed field out, gives null for an object all of whose fields failed, and orders fields by when
//! they were done. Here fields get the document's order, failed ones null, and null goes up through non-null positions.

use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, PathSegment, ServerError, Value};

use super::census::RESERVED_KEY;
use super::error_tree::ErrorTree;
use super::faults;
use super::shape::{FieldShape, Kind, ObjectShape, Shape};

type Fields = IndexMap<Name, Value>;

/// The answer's `data`, and the errors that completing it brought up.
pub(super) fn complete(data: Value, shape: &ObjectShape, errors: &[ServerError]) -> (Value, Vec<ServerError>) {
    let tree = ErrorTree::new(errors);
    let mut completion = Completion { found: Vec::new() };
    let fields = match data {
        Value::Object(fields) => fields,
        // All of the root's fields failed.
        _ => Fields::new(),
    };
    let root = Position { path: None, errors: tree.as_ref() };
    let data = completion.object(fields, shape, &root).unwrap_or(Value::Null);
    (data, completion.found)
}

/// Null where none may be; its error is known.
struct Failed;

struct Completion {
    found: Vec<ServerError>,
}

/// A place in the answer, with the errors at and below it.
struct Position<'a> {
    path: Option<Path<'a>>,
    errors: Option<&'a ErrorTree<'a>>,
}

#[derive(Clone, Copy)]
struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    segment: Segment<'a>,
}

#[derive(Clone, Copy)]
enum Segment<'a> {
    Field(&'a FieldShape),
    Item(usize),
}

impl Position<'_> {
    fn field<'a>(&'a self, field: &'a FieldShape) -> Position<'a> {
        let path = Path { parent: self.path.as_ref(), segment: Segment::Field(field) };
        Position { path: Some(path), errors: self.errors.and_then(|errors| errors.field(&field.key)) }
    }

    fn item(&self, index: usize) -> Position<'_> {
        let path = Path { parent: self.path.as_ref(), segment: Segment::Item(index) };
        Position { path: Some(path), errors: self.errors.and_then(|errors| errors.item(index)) }
    }

    fn null_error(&self) -> ServerError {
        let mut segments = Vec::new();
        let mut field = "";
        let mut next = self.path.as_ref();
        while let Some(path) = next {
            segments.push(match path.segment {
                Segment::Field(shape) => {
                    field = if field.is_empty() { &shape.coordinate } else { field };
                    PathSegment::Field(shape.key.to_string())
                }
                Segment::Item(index) => PathSegment::Index(index),
            });
            next = path.parent;
        }
        segments.reverse();
        faults::null_where_none_may_be(segments, field)
    }
}

impl Completion {
    fn value(&mut self, value: Value, shape: &Shape, at: &Position<'_>) -> Result<Value, Failed> {
        let is_null = value == Value::Null;
        let completed = match (&shape.kind, value) {
            (Kind::Object(object), Value::Null) if at.errors.is_some_and(ErrorTree::has_failed_fields) => {
                self.object(Fields::new(), object, at)
            }
            (_, Value::Null) => Ok(Value::Null),
            (Kind::Leaf, value) => Ok(value),
            (Kind::List(item), Value::List(values)) => self.list(values, item, at),
            (Kind::Object(object), Value::Object(fields)) => self.object(fields, object, at),
            (Kind::Abstract(variants), Value::Object(fields)) => {
                let variant = match fields.get(RESERVED_KEY) {
                    Some(Value::String(name)) => variants.get(name),
                    _ => None,
                };
                match variant {
                    Some(object) => self.object(fields, object, at),
                    None => Err(self.report(at)),
                }
            }
            _ => Err(self.report(at)),
        };
        match completed {
            Ok(Value::Null) if shape.is_non_null && is_null => {
                if at.errors.is_none() {
                    self.report(at);
                }
                Err(Failed)
            }
            Err(Failed) if !shape.is_non_null => Ok(Value::Null),
            other => other,
        }
    }

    fn report(&mut self, at: &Position<'_>) -> Failed {
        self.found.push(at.null_error());
        Failed
    }

    fn list(&mut self, mut values: Vec<Value>, item: &Shape, at: &Position<'_>) -> Result<Value, Failed> {
        for (index, slot) in values.iter_mut().enumerate() {
            *slot = self.value(std::mem::take(slot), item, &at.item(index))?;
        }
        Ok(Value::List(values))
    }

    fn object(&mut self, mut fields: Fields, shape: &ObjectShape, at: &Position<'_>) -> Result<Value, Failed> {
        let is_in_order = fields.len() == shape.fields.len()
            && fields.keys().zip(&shape.fields).all(|(key, field)| *key == field.key);
        if is_in_order {
            for (slot, field) in fields.values_mut().zip(&shape.fields) {
                *slot = self.value(std::mem::take(slot), &field.shape, &at.field(field))?;
            }
            return Ok(Value::Object(fields));
        }
        let mut ordered = Fields::with_capacity(shape.fields.len());
        for field in &shape.fields {
            let value = fields.swap_remove(&field.key).unwrap_or_default();
            ordered.insert(field.key.clone(), self.value(value, &field.shape, &at.field(field))?);
        }
        Ok(Value::Object(ordered))
    }
}
