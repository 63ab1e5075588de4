//! How programmes are asked for.

use super::Program;
use crate::graphql::ground::list::queries;

queries! {
    /// Queries of programmes.
    ProgramQueries;

    one {
        /// A programme by its UUID.
        program: Program by program_id, "The programme's UUID.";
    }

    /// The programmes, by name.
    list programs: programs as Program {
        stands Name Ascending;
    }
}
