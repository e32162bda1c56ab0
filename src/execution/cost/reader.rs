//! What the fields of a normal form can bring back, read off the schema and the tables of weights and lists.

use apollo_compiler::Name;
use apollo_compiler::ast::FieldDefinition;
use apollo_compiler::schema::ExtendedType;
use async_graphql::parser::types::{Field, Selection, SelectionSet};

use super::{Cost, Count, OBJECT, Size};
use crate::execution::census::RESERVED_KEY;
use crate::execution::limits::Limits;
use crate::execution::schema_index::SchemaIndex;

/// Reads what each field of a form can bring back.
pub(super) struct Reader<'a> {
    pub(super) schema: &'a SchemaIndex,
    pub(super) limits: &'a Limits,
}

impl Reader<'_> {
    /// What is selected of an object; `page` is how much of its lists was asked for, when it is a connection.
    pub(super) fn object(&self, object: &Name, selected: &SelectionSet, page: Option<&Size>) -> Cost {
        let (mut cost, mut is_looked_at) = (Cost::default(), false);
        for selection in &selected.items {
            match &selection.node {
                Selection::Field(field) => {
                    is_looked_at |= is_of_page(&field.node.name.node);
                    self.field(object, &field.node, page, &mut cost);
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let on = condition.and_then(|condition| Name::new(&condition.node.on.node).ok());
                    // One fragment for all objects of an interface has fields that only these may have; they are alike in each.
                    let on = on.map(|on| self.schema.possible_types(&on).first().cloned().unwrap_or(on));
                    let fields = &fragment.node.selection_set.node;
                    cost.variants.push(self.object(on.as_ref().unwrap_or(object), fields, page));
                }
                // A normal form has none.
                Selection::FragmentSpread(_) => {}
            }
        }
        // Of a page nobody looks at, too, the objects are read.
        if let Some(page) = page.filter(|_| !is_looked_at) {
            cost.lists.push((page.clone(), Cost { own: OBJECT, ..Cost::default() }));
        }
        cost
    }

    fn field(&self, object: &Name, field: &Field, page: Option<&Size>, cost: &mut Cost) {
        let name = field.name.node.as_str();
        field.arguments.iter().for_each(|(_, value)| cost.write(&value.node));
        let key = field.response_key().node.as_str();
        let is_alias = key != name && key != RESERVED_KEY;
        cost.written += if is_alias { key.len() as u64 } else { 0 };
        // What tells the types of objects apart is asked for by us.
        if key == RESERVED_KEY {
            return;
        }
        let weight = of_name(self.limits.weights, object, name);
        let Some(definition) = Name::new(name).ok().and_then(|name| self.schema.field(object, &name)) else {
            cost.own += 1;
            return;
        };
        let ty = definition.ty.inner_named_type();
        if !self.schema.type_named(ty).is_some_and(is_composite) {
            let items = if definition.ty.is_list() { self.usual(object, name) } else { 1 };
            cost.own += weight.unwrap_or(1).saturating_mul(items);
            return;
        }
        cost.own += weight.unwrap_or(0);
        let mut each = self.object(ty, &field.selection_set.node, self.page(definition, field).as_ref());
        each.own += OBJECT;
        match self.size(object, definition, field, page) {
            None if each.lists.is_empty() && each.variants.is_empty() => {
                cost.own += each.own;
                cost.written += each.written;
                cost.variables.append(&mut each.variables);
            }
            size => cost.lists.push((size.unwrap_or(Size::Assumed(1)), each)),
        }
    }

    /// How many items a list without pages is taken to have.
    fn usual(&self, object: &str, name: &str) -> u64 {
        of_name(self.limits.lists, object, name).unwrap_or(self.limits.usual_list)
    }

    /// The page that a field asks for, when it is a connection (Relay's cursor connections specification, section 4).
    fn page(&self, definition: &FieldDefinition, field: &Field) -> Option<Size> {
        let [first, last] = ["first", "last"].map(|name| definition.argument_by_name(name).map(|_| name));
        first.or(last)?;
        let written = |name| field.get_argument(name).and_then(|value| Count::page(&value.node));
        let asked = [first, last].into_iter().flatten().filter_map(written).collect();
        Some(Size::Page { asked, limits: (self.limits.usual_page, self.limits.largest_page) })
    }

    /// How often what is below a field is brought back; nothing for a single object.
    fn size(&self, object: &Name, definition: &FieldDefinition, field: &Field, page: Option<&Size>) -> Option<Size> {
        if !definition.ty.is_list() {
            return None;
        }
        let page = page.filter(|_| is_of_page(&definition.name)).cloned();
        let is_list = |name: &str| definition.argument_by_name(name).is_some_and(|argument| argument.ty.is_list());
        let keys = match field.arguments.as_slice() {
            [(name, keys)] if is_list(&name.node) => Some(Size::Keys(Count::keys(&keys.node))),
            _ => None,
        };
        Some(page.or(keys).unwrap_or_else(|| Size::Assumed(self.usual(object, &definition.name))))
    }
}

/// The number of a field in a table by names, or by types and names.
fn of_name(table: &[(&str, u64)], object: &str, name: &str) -> Option<u64> {
    let is_this = |of: &str| of.split_once('.').map_or(of == name, |(on, field)| on == object && field == name);
    table.iter().find_map(|(of, number)| is_this(of).then_some(*number))
}

/// Whether a connection's field of this name holds the objects of its page.
fn is_of_page(name: &str) -> bool {
    matches!(name, "edges" | "nodes")
}

fn is_composite(ty: &ExtendedType) -> bool {
    matches!(ty, ExtendedType::Object(_) | ExtendedType::Interface(_) | ExtendedType::Union(_))
}
