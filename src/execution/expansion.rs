//! How many selections a document asks for once its fragments are spread, each fragment counted once: what validation would otherwise
//! find out by walking through them all.

use std::collections::HashMap;

use apollo_compiler::Name;
use apollo_compiler::ast::{Definition, Document, Selection};

/// The selections of all operations together, as validation walks through each of them, whichever is to run. A fragment within itself
/// counts once; validation refuses it.
pub(super) fn selections(document: &Document) -> usize {
    let mut count = Count { fragments: HashMap::new(), counted: HashMap::new() };
    for definition in &document.definitions {
        if let Definition::FragmentDefinition(fragment) = definition {
            count.fragments.insert(&fragment.name, &fragment.selection_set);
        }
    }
    let operations = document.definitions.iter().filter_map(|definition| match definition {
        Definition::OperationDefinition(operation) => Some(&operation.selection_set),
        _ => None,
    });
    operations.map(|selections| count.of(selections)).fold(0, usize::saturating_add)
}

struct Count<'a> {
    fragments: HashMap<&'a Name, &'a [Selection]>,
    /// What a fragment comes to; nothing while it is being counted.
    counted: HashMap<&'a Name, usize>,
}

impl<'a> Count<'a> {
    fn of(&mut self, selections: &'a [Selection]) -> usize {
        let each = selections.iter().map(|selection| match selection {
            Selection::Field(field) => self.of(&field.selection_set).saturating_add(1),
            Selection::InlineFragment(fragment) => self.of(&fragment.selection_set).saturating_add(1),
            Selection::FragmentSpread(spread) => self.of_fragment(&spread.fragment_name).saturating_add(1),
        });
        each.fold(0, usize::saturating_add)
    }

    fn of_fragment(&mut self, name: &Name) -> usize {
        if let Some(counted) = self.counted.get(name) {
            return *counted;
        }
        let Some((name, selections)) =
            self.fragments.get_key_value(name).map(|(name, selections)| (*name, *selections))
        else {
            return 0;
        };
        self.counted.insert(name, 0);
        let counted = self.of(selections);
        self.counted.insert(name, counted);
        counted
    }
}

#[cfg(test)]
mod tests {
    use apollo_compiler::parser::Parser;

    use super::*;

    fn count(text: &str) -> usize {
        selections(&Parser::new().parse_ast(text, "document").expect("a document"))
    }

    /// Every operation counts, with each spread at what its fragment comes to.
    #[test]
    fn fragments_are_counted_where_they_are_spread() {
        assert_eq!(count("{ a { b } ... { c } }"), 4);
        assert_eq!(count("query A { a } query B { a b }"), 3);
        assert_eq!(count("{ ...F ...F } fragment F on Q { a b }"), 6);
        assert_eq!(count("{ ...F } fragment F on Q { ...F a }"), 3);
        assert_eq!(count("{ ...Nowhere }"), 1);
    }

    /// Forty fragments that double cost forty looks, and more than any machine counts to is the largest number.
    #[test]
    fn fragments_that_multiply_are_counted_at_once() {
        let levels = |levels: usize| {
            let each = (0..levels).map(|at| format!(" fragment F{at} on Q {{ ...F{} ...F{} }}", at + 1, at + 1));
            format!("{{ ...F0 }} {} fragment F{levels} on Q {{ a }}", each.collect::<String>())
        };
        assert!(count(&levels(40)) > 1 << 40);
        assert_eq!(count(&levels(200)), usize::MAX);
    }
}
