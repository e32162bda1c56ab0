//! How many selections a document asks for once its fragments are spread, and how deep they nest, each fragment counted once: what
//! validation would otherwise find out by walking through them all.

use std::collections::HashMap;

use apollo_compiler::Name;
use apollo_compiler::ast::{Definition, Document, Selection};

use super::answer::RequestError;
use super::limits::{Bound, Limits};

/// What validation has to walk through, whichever operation is to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Expansion {
    /// The selections of all operations together.
    selections: usize,
    /// Those of all fragments, once more for each operation: validation looks from every fragment through all that it spreads, to find
    /// those that spread themselves. A chain of fragments thus costs its length squared.
    of_fragments: usize,
    /// Selection sets inside each other, whichever operation or fragment they begin in.
    height: usize,
}

/// What a selection set comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    selections: usize,
    height: usize,
}

/// Refuses a document whose fragments come to more than the limits let them.
pub(super) fn check(document: &Document, limits: &Limits) -> Result<(), RequestError> {
    let Expansion { selections, of_fragments, height } = Expansion::of(document);
    for (bound, count, limit) in [
        (Bound::Nesting, height, limits.recursion),
        (Bound::Selections, selections, limits.expanded_fields),
        (Bound::Fragments, of_fragments, limits.fragment_selections),
    ] {
        if count > limit {
            return Err(bound.passed(limit));
        }
    }
    Ok(())
}

impl Expansion {
    /// A fragment within itself counts once; validation refuses it.
    fn of(document: &Document) -> Self {
        let mut count = Count { fragments: HashMap::new(), counted: HashMap::new() };
        let mut operations = Vec::new();
        for definition in &document.definitions {
            match definition {
                Definition::FragmentDefinition(fragment) => {
                    count.fragments.insert(&fragment.name, &fragment.selection_set);
                }
                Definition::OperationDefinition(operation) => operations.push(&operation.selection_set),
                _ => {}
            }
        }
        let fragments: Vec<&Name> = count.fragments.keys().copied().collect();
        let of_operations: Vec<Sum> = operations.iter().map(|selections| count.of(selections)).collect();
        let of_fragments: Vec<Sum> = fragments.into_iter().map(|name| count.of_fragment(name)).collect();
        let selections = |sums: &[Sum]| sums.iter().map(|sum| sum.selections).fold(0, usize::saturating_add);
        Self {
            selections: selections(&of_operations),
            of_fragments: selections(&of_fragments).saturating_mul(operations.len()),
            height: of_operations.iter().chain(&of_fragments).map(|sum| sum.height).max().unwrap_or_default(),
        }
    }
}

struct Count<'a> {
    fragments: HashMap<&'a Name, &'a [Selection]>,
    /// What a fragment comes to; nothing while it is being counted.
    counted: HashMap<&'a Name, Sum>,
}

impl<'a> Count<'a> {
    fn of(&mut self, selections: &'a [Selection]) -> Sum {
        let mut sum = Sum { selections: 0, height: usize::from(!selections.is_empty()) };
        for selection in selections {
            let below = match selection {
                Selection::Field(field) => self.of(&field.selection_set),
                Selection::InlineFragment(fragment) => self.of(&fragment.selection_set),
                Selection::FragmentSpread(spread) => self.of_fragment(&spread.fragment_name),
            };
            sum.selections = sum.selections.saturating_add(below.selections).saturating_add(1);
            sum.height = sum.height.max(below.height + 1);
        }
        sum
    }

    fn of_fragment(&mut self, name: &Name) -> Sum {
        if let Some(counted) = self.counted.get(name) {
            return *counted;
        }
        let Some((name, selections)) =
            self.fragments.get_key_value(name).map(|(name, selections)| (*name, *selections))
        else {
            return Sum::default();
        };
        self.counted.insert(name, Sum::default());
        let counted = self.of(selections);
        self.counted.insert(name, counted);
        counted
    }
}

#[cfg(test)]
mod tests {
    use apollo_compiler::parser::Parser;

    use super::*;

    fn expansion(text: &str) -> Expansion {
        Expansion::of(&Parser::new().parse_ast(text, "document").expect("a document"))
    }

    fn count(text: &str) -> usize {
        expansion(text).selections
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

    /// Selections nest as deep as they would with their fragments in place.
    #[test]
    fn nesting_goes_through_fragments() {
        let chain = (0..99).map(|at| format!(" fragment F{at} on Q {{ ...F{} }}", at + 1)).collect::<String>();
        for (text, height) in [
            ("{ a }".to_owned(), 1),
            ("{ a { b } ... { ... { c } } }".to_owned(), 3),
            ("{ a { ...F } } fragment F on Q { b { c } }".to_owned(), 4),
            (format!("{{ ...F0 }} {chain} fragment F99 on Q {{ a }}"), 101),
        ] {
            assert_eq!(expansion(&text).height, height, "{text}");
        }
    }

    /// A chain is counted from each of its fragments, for each operation.
    #[test]
    fn fragments_are_counted_for_each_operation() {
        let fragments = "fragment F on Q { ...G } fragment G on Q { ...H } fragment H on Q { a b }";
        assert_eq!(
            expansion(&format!("{{ ...F }} {fragments}")),
            Expansion { selections: 5, of_fragments: 4 + 3 + 2, height: 4 }
        );
        assert_eq!(expansion(&format!("query A {{ a }} query B {{ b }} {fragments}")).of_fragments, 18);
    }
}
