//! What a document may cost before and while it runs, each limit with its default and its reason.

/// Bounds on documents, operations and answers.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Length of a document in bytes. GraphiQL's introspection query has about 2,000.
    pub document_bytes: usize,
    /// Lexical tokens of a document, white space not counted.
    pub tokens: usize,
    /// Nesting of selections, values and types in a document. The stack never grows with what a client sends.
    pub recursion: usize,
    /// Aliases in a document: the cheapest way to run an expensive field many times.
    pub aliases: usize,
    /// Directives in a document.
    pub directives: usize,
    /// Variables of one document's operations.
    pub variables: usize,
    /// Fields after fragments are expanded for each object type: stops fragments that multiply when they nest.
    pub expanded_fields: usize,
    /// Levels of fields after fragments are expanded; the introspection query has 15. Resolvers nest on the stack of a worker
    /// thread, which no error survives when it is full.
    pub depth: usize,
    /// Fields of one mutation, which run one after another.
    pub mutation_fields: usize,
    /// Lists inside lists under `__schema` and `__type`, where types refer to each other without end.
    pub introspection_lists: usize,
    /// Errors that one answer carries.
    pub errors: usize,
    /// Bytes of document text whose parsed form is kept.
    pub cached_document_bytes: usize,
    /// Expanded fields over all kept normal forms.
    pub cached_form_fields: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: 64 * 1024,
            tokens: 5_000,
            recursion: 64,
            aliases: 50,
            directives: 100,
            variables: 200,
            expanded_fields: 5_000,
            depth: 24,
            mutation_fields: 5,
            introspection_lists: 3,
            errors: 20,
            cached_document_bytes: 2 * 1024 * 1024,
            cached_form_fields: 100_000,
        }
    }
}
