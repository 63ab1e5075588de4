//! Query limits (denial-of-service protection): what a document may ask for before anybody looks at the schema.

mod tokens;

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned,
    parser::types::{ExecutableDocument, OperationDefinition, Selection, SelectionSet},
};

/// Most bytes of a request's body, and of a socket's message.
pub(super) const MAX_REQUEST_BYTES: usize = 64 * 1024;

/// Limits on one document. Depth and complexity need types, and belong to the schema.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub tokens: usize,
    /// Brackets inside brackets. The parser recurses on them, and must not run out of stack.
    pub nesting: usize,
    pub aliases: usize,
    pub directives: usize,
    pub mutations: usize,
    /// Fields and spreads after every fragment is written out where it is spread.
    pub selections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tokens: 4_000,
            nesting: 64,
            aliases: 30,
            directives: 20,
            mutations: 5,
            selections: 4_000,
        }
    }
}

/// The limit that a document breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Excess {
    Tokens,
    Nesting,
    Aliases,
    Directives,
    Mutations,
    Selections,
    FragmentCycle,
}

impl Excess {
    pub fn message(self, limits: &Limits) -> String {
        match self {
            Self::Tokens => format!("a document has at most {} tokens", limits.tokens),
            Self::Nesting => format!("a document nests at most {} levels deep", limits.nesting),
            Self::Aliases => format!("an operation has at most {} aliases", limits.aliases),
            Self::Directives => {
                format!("an operation has at most {} directives", limits.directives)
            }
            Self::Mutations => format!("a request has at most {} mutations", limits.mutations),
            Self::Selections => format!("a document selects at most {} fields", limits.selections),
            Self::FragmentCycle => "a fragment cannot spread itself".to_owned(),
        }
    }
}

impl Limits {
    /// Checks the text, before it is parsed.
    pub fn check_text(&self, document: &str) -> Result<(), Excess> {
        tokens::check(document, self.tokens, self.nesting)
    }

    /// Checks `operation` as it will run, and the whole document for fragments that blow up: validation walks all of it.
    pub fn check(
        &self,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
    ) -> Result<(), Excess> {
        let mut counter = Counter { document, fragments: HashMap::new() };
        let mut selections: usize = 0;
        for (_, any) in document.operations.iter() {
            selections = selections.saturating_add(counter.operation(&any.node)?.selections);
        }
        for name in document.fragments.keys() {
            selections = selections.saturating_add(counter.fragment(name)?.selections);
        }
        let asked = counter.operation(operation)?;
        let is_mutation = operation.ty == async_graphql::parser::types::OperationType::Mutation;
        for (count, limit, excess) in [
            (selections, self.selections, Excess::Selections),
            (asked.aliases, self.aliases, Excess::Aliases),
            (asked.directives, self.directives, Excess::Directives),
            (if is_mutation { asked.roots } else { 0 }, self.mutations, Excess::Mutations),
        ] {
            if count > limit {
                return Err(excess);
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Default)]
struct Counts {
    selections: usize,
    aliases: usize,
    directives: usize,
    /// Fields of the outermost level.
    roots: usize,
}

impl Counts {
    /// Saturates: fragments that spread fragments twice each grow as powers of two.
    fn add(&mut self, other: Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.roots = self.roots.saturating_add(other.roots);
    }
}

enum Visit {
    Open,
    Counted(Counts),
}

/// Counts every fragment once, however often it is spread.
struct Counter<'a> {
    document: &'a ExecutableDocument,
    fragments: HashMap<&'a Name, Visit>,
}

impl<'a> Counter<'a> {
    fn operation(&mut self, operation: &'a OperationDefinition) -> Result<Counts, Excess> {
        let on_variables =
            operation.variable_definitions.iter().map(|variable| variable.node.directives.len());
        let mut counts = self.selection_set(&operation.selection_set)?;
        counts.directives = counts
            .directives
            .saturating_add(on_variables.sum::<usize>() + operation.directives.len());
        Ok(counts)
    }

    fn selection_set(&mut self, set: &'a Positioned<SelectionSet>) -> Result<Counts, Excess> {
        let mut counts = Counts::default();
        for selection in &set.node.items {
            counts.add(self.selection(&selection.node)?);
        }
        Ok(counts)
    }

    fn selection(&mut self, selection: &'a Selection) -> Result<Counts, Excess> {
        let (directives, below) = match selection {
            Selection::Field(field) => {
                (&field.node.directives, self.selection_set(&field.node.selection_set)?)
            }
            Selection::InlineFragment(inline) => {
                (&inline.node.directives, self.selection_set(&inline.node.selection_set)?)
            }
            Selection::FragmentSpread(spread) => {
                (&spread.node.directives, self.fragment(&spread.node.fragment_name.node)?)
            }
        };
        let mut counts =
            Counts { selections: 1, directives: directives.len(), ..Counts::default() };
        counts.add(below);
        if let Selection::Field(field) = selection {
            counts.aliases = counts.aliases.saturating_add(usize::from(field.node.alias.is_some()));
            counts.roots = 1;
        }
        Ok(counts)
    }

    /// A fragment that is not there counts nothing; validation reports it.
    fn fragment(&mut self, name: &'a Name) -> Result<Counts, Excess> {
        match self.fragments.get(name) {
            Some(Visit::Counted(counts)) => return Ok(*counts),
            Some(Visit::Open) => return Err(Excess::FragmentCycle),
            None => {}
        }
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(Counts::default());
        };
        self.fragments.insert(name, Visit::Open);
        let mut counts = self.selection_set(&fragment.node.selection_set)?;
        counts.directives = counts.directives.saturating_add(fragment.node.directives.len());
        self.fragments.insert(name, Visit::Counted(counts));
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    fn check(document: &str) -> Result<(), Excess> {
        let limits = Limits::default();
        limits.check_text(document)?;
        let document = parse_query(document).expect("a document");
        let (_, operation) = document.operations.iter().next().expect("an operation");
        limits.check(&document, &operation.node)
    }

    fn repeat(count: usize, part: impl Fn(usize) -> String) -> String {
        (0..count).map(part).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn thirty_aliases_are_allowed_and_the_next_is_not() {
        let aliases = |count| format!("{{ {} }}", repeat(count, |n| format!("a{n}: x")));
        assert_eq!(check(&aliases(30)), Ok(()));
        assert_eq!(check(&aliases(31)), Err(Excess::Aliases));
    }

    #[test]
    fn aliases_count_wherever_their_fragment_is_spread() {
        let spread = |count| {
            format!(
                "{{ {} }} fragment F on Query {{ a: x b: x c: x }}",
                repeat(count, |_| "...F".into())
            )
        };
        assert_eq!(check(&spread(10)), Ok(()));
        assert_eq!(check(&spread(11)), Err(Excess::Aliases));
    }

    #[test]
    fn twenty_directives_are_allowed_and_the_next_is_not() {
        let directives =
            |count| format!("{{ {} }}", repeat(count, |_| "x @include(if: true)".into()));
        assert_eq!(check(&directives(20)), Ok(()));
        assert_eq!(check(&directives(21)), Err(Excess::Directives));
        assert_eq!(
            check(&format!("query {} {{ x }}", repeat(21, |_| "@a".into()))),
            Err(Excess::Directives)
        );
    }

    #[test]
    fn five_mutations_are_allowed_and_the_sixth_is_not() {
        let mutations =
            |count| format!("mutation {{ {} }}", repeat(count, |_| "pay { id }".into()));
        assert_eq!(check(&mutations(5)), Ok(()));
        assert_eq!(check(&mutations(6)), Err(Excess::Mutations));
        let hidden = "mutation { ...A ... { ...A } } fragment A on Mutation { a b c }";
        assert_eq!(check(hidden), Err(Excess::Mutations));
        assert_eq!(check(&mutations(6).replace("mutation", "query")), Ok(()));
    }

    #[test]
    fn four_thousand_tokens_are_allowed_and_the_next_is_not() {
        let tokens = |count: usize| format!("{{ {} }}", repeat(count - 2, |_| "x".into()));
        assert_eq!(check(&tokens(4_000)), Ok(()));
        assert_eq!(check(&tokens(4_001)), Err(Excess::Tokens));
    }

    #[test]
    fn sixty_four_levels_are_allowed_and_the_next_is_not() {
        let nested = |levels: usize| {
            format!("{{ x(a: {}{}) }}", "[".repeat(levels - 2), "]".repeat(levels - 2))
        };
        assert_eq!(check(&nested(64)), Ok(()));
        assert_eq!(check(&nested(65)), Err(Excess::Nesting));
    }

    #[test]
    fn fragments_that_double_at_every_step_are_refused_at_once() {
        let doubling =
            repeat(30, |n| format!("fragment F{n} on Query {{ ...F{} ...F{} }}", n + 1, n + 1));
        let document = format!("{{ ...F0 }} {doubling} fragment F30 on Query {{ x }}");
        assert_eq!(check(&document), Err(Excess::Selections));
    }

    #[test]
    fn unused_fragments_that_double_are_refused_as_well() {
        let doubling =
            repeat(30, |n| format!("fragment F{n} on Query {{ ...F{} ...F{} }}", n + 1, n + 1));
        let document = format!("{{ x }} {doubling} fragment F30 on Query {{ x }}");
        assert_eq!(check(&document), Err(Excess::Selections));
    }

    #[test]
    fn a_fragment_that_spreads_itself_is_refused() {
        assert_eq!(check("{ ...A } fragment A on Query { ...A }"), Err(Excess::FragmentCycle));
        let around = "{ x } fragment A on Query { a { ...B } } fragment B on A { b { ...A } }";
        assert_eq!(check(around), Err(Excess::FragmentCycle));
    }
}
