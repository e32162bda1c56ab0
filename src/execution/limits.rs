//! What a document may cost before and while it runs, each limit with its default and its reason.

use super::answer::{RequestError, RequestErrorCode};

/// What is bounded, as `extensions.limit` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Bytes of the document.
    Bytes,
    /// Its tokens.
    Tokens,
    /// Bytes of a name.
    NameBytes,
    /// Brackets inside brackets.
    Nesting,
    /// Aliases.
    Aliases,
    /// Directives.
    Directives,
    /// Declared variables.
    Variables,
    /// Values of the variables.
    VariableValues,
    /// Selections once fragments are spread.
    Selections,
    /// Selections of fragments, counted from each fragment for each operation.
    Fragments,
    /// Fields inside fields once fragments are spread.
    Depth,
    /// Fields at the root.
    RootFields,
    /// Lists inside lists of the schema's description.
    IntrospectionLists,
    /// Bytes of arguments.
    Arguments,
    /// What an operation can bring back.
    Cost,
}

impl Bound {
    /// As it stands in `extensions.limit`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Tokens => "tokens",
            Self::NameBytes => "nameBytes",
            Self::Nesting => "nesting",
            Self::Aliases => "aliases",
            Self::Directives => "directives",
            Self::Variables => "variables",
            Self::VariableValues => "variableValues",
            Self::Selections => "selections",
            Self::Fragments => "fragments",
            Self::Depth => "depth",
            Self::RootFields => "rootFields",
            Self::IntrospectionLists => "introspectionLists",
            Self::Arguments => "arguments",
            Self::Cost => "cost",
        }
    }

    /// What it counts.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Bytes => "bytes in the document",
            Self::Tokens => "tokens in the document",
            Self::NameBytes => "bytes in a name or an alias",
            Self::Nesting => "brackets inside brackets, with fragments spread",
            Self::Aliases => "aliases",
            Self::Directives => "directives",
            Self::Variables => "variables",
            Self::VariableValues => "values in the variables",
            Self::Selections => "selections with fragments spread",
            Self::Fragments => {
                "selections in fragments, each counted again in every fragment around it and for each operation"
            }
            Self::Depth => "levels of fields",
            Self::RootFields => "fields at the operation's root",
            Self::IntrospectionLists => "lists inside lists of the schema",
            Self::Arguments => {
                "bytes of aliases, of arguments and of the variables in them, counted for each object that is asked with them"
            }
            Self::Cost => "points of cost, by what an operation can bring back",
        }
    }

    /// Every bound with its value.
    pub fn all(limits: &Limits) -> [(Self, usize); 15] {
        [
            (Self::Bytes, limits.document_bytes),
            (Self::Tokens, limits.tokens),
            (Self::NameBytes, limits.name_bytes),
            (Self::Nesting, limits.recursion),
            (Self::Aliases, limits.aliases),
            (Self::Directives, limits.directives),
            (Self::Variables, limits.variables),
            (Self::VariableValues, limits.variable_values),
            (Self::Selections, limits.expanded_fields),
            (Self::Fragments, limits.fragment_selections),
            (Self::Depth, limits.depth),
            (Self::RootFields, limits.root_fields),
            (Self::IntrospectionLists, limits.introspection_lists),
            (Self::Arguments, limits.argument_bytes),
            (Self::Cost, limits.cost),
        ]
    }

    /// The refusal of what goes beyond `most`.
    pub(super) fn passed(self, most: usize) -> RequestError {
        let message = format!("At most {most} {} are accepted.", self.words());
        RequestError { bound: Some((self, most)), ..RequestError::new(RequestErrorCode::DocumentTooLarge, message) }
    }
}

/// Bounds on documents, operations and answers.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Length of a document in bytes. GraphiQL's introspection query has about 2,000.
    pub document_bytes: usize,
    /// Lexical tokens of a document; white space, commas and comments are none. The largest honest one, GraphiQL's introspection query, has some 400.
    pub tokens: usize,
    /// Length of a name in bytes: an alias is repeated for every object, and messages repeat what they do not know.
    pub name_bytes: usize,
    /// Nesting of selections, values and types in a document, and of selections once fragments are spread. The stack never grows with what
    /// a client sends.
    pub recursion: usize,
    /// Aliases in a document: the cheapest way to run an expensive field many times.
    pub aliases: usize,
    /// Directives in a document.
    pub directives: usize,
    /// Variables of one document's operations.
    pub variables: usize,
    /// Fields after fragments are expanded for each object type: stops fragments that multiply when they nest.
    pub expanded_fields: usize,
    /// Selections of a document's fragments, counted from each fragment through all that it spreads and for each operation: what validation
    /// walks through. Fragments of an honest page nest four or five deep.
    pub fragment_selections: usize,
    /// Levels of fields after fragments are expanded; the introspection query has 15. Resolvers nest on the stack of a worker
    /// thread, which no error survives when it is full.
    pub depth: usize,
    /// Root fields of a query: each may be a list of its own.
    pub root_fields: usize,
    /// Root fields of a mutation: one, so that each change is asked for, counted and refused by itself.
    pub mutation_fields: usize,
    /// Values in the variables of a request, those inside lists and objects among them.
    pub variable_values: usize,
    /// Lists inside lists under `__schema` and `__type`, where types refer to each other without end.
    pub introspection_lists: usize,
    /// Bytes of aliases and arguments, each counted for every object that is asked with it, and a variable wherever it stands: they are copied
    /// there. Four times the longest body, in which a text stands once.
    pub argument_bytes: usize,
    /// Points that one operation may cost: a page of a hundred in a page of a hundred, with a few objects in each.
    pub cost: usize,
    /// Fields that cost more than their place tells, by their name, with the values that they count as (four are a point): texts by
    /// their length, one for each 64 bytes.
    pub weights: &'static [(&'static str, u64)],
    /// Lists without pages that may hold more than most, by their name, with the items that they are taken to have.
    pub lists: &'static [(&'static str, u64)],
    /// Scalars of the schema's own that are a string on the wire, whatever the string says.
    pub texts: &'static [&'static str],
    /// Items of a page whose size nobody asks for.
    pub usual_page: u64,
    /// Items of the largest page: a larger one is refused when it runs.
    pub largest_page: u64,
    /// Items that a list without pages is taken to have.
    pub usual_list: u64,
    /// Errors that one answer carries.
    pub errors: usize,
    /// Bytes that kept documents take at most: some hundreds of usual ones.
    pub cached_document_bytes: usize,
    /// Bytes that kept normal forms take at most.
    pub cached_form_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: 32 * 1024,
            tokens: 2_000,
            name_bytes: 128,
            recursion: 64,
            aliases: 30,
            directives: 50,
            variables: 100,
            expanded_fields: 2_000,
            fragment_selections: 10_000,
            depth: 24,
            root_fields: 20,
            mutation_fields: 1,
            variable_values: 5_000,
            introspection_lists: 3,
            argument_bytes: 4 * 1024 * 1024,
            cost: 50_000,
            weights: &[],
            lists: &[],
            texts: &[],
            usual_page: 20,
            largest_page: 100,
            usual_list: 10,
            errors: 20,
            cached_document_bytes: 16 * 1024 * 1024,
            cached_form_bytes: 16 * 1024 * 1024,
        }
    }
}
