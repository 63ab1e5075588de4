//! Role-based access control: one table of every field. Who may send a mutation its command says, in the domain. What has no
//! row is denied to everybody.

mod account;
mod audit;
mod deal;
mod ledger;
mod outbox;
mod partner;
mod program;
mod rows;
mod wallet;

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use domain::{Command, Role};
use projections::Sight;

pub use self::rows::Entry;
use self::rows::{
    CHANNEL, DEALS, EVERYBODY, FINANCE, MEMBERS, MONEY, Reach, SYSTEMS, Type, root, ty,
};
use crate::auth::Principal;

/// What belongs to no subject.
#[rustfmt::skip] // A row is a line.
const COMMON: &[Type] = &[
    root("Query", &[(EVERYBODY.open(), "viewer"), (EVERYBODY, "node nodes")]),
    ty("Viewer", Reach::Common, &[
        (EVERYBODY.open(), "subject role permissions emailConfirmed seats"),
        (MEMBERS.open(), "application"), (MEMBERS, "partner"), (EVERYBODY, "partners"),
    ]),
    ty("ViewerSeat", Reach::Common, &[(EVERYBODY.open(), "role partnerId acting")]),
    ty("Node", Reach::Common, &[(EVERYBODY, "id")]),
    ty("Money", Reach::Common, &[(DEALS.and(MONEY), "amount currency")]),
    ty("Refusal", Reach::Common, &[(EVERYBODY.and(SYSTEMS).open(), "code message field policy")]),
    ty("PolicyVersion", Reach::Common, &[(EVERYBODY.and(SYSTEMS).open(), "id version")]),
    ty("TotalCount", Reach::Common, &[(EVERYBODY.open(), "count isExact")]),
    ty("PageInfo", Reach::Common, &[(EVERYBODY.open(), "hasNextPage hasPreviousPage startCursor endCursor")]),
];

const SUBJECTS: [&[Type]; 9] = [
    COMMON,
    account::ROWS,
    program::ROWS,
    partner::ROWS,
    deal::ROWS,
    wallet::ROWS,
    ledger::ROWS,
    outbox::ROWS,
    audit::ROWS,
];

/// R4: what a candidate may do for its application. Everything else its aggregates refuse before the approval.
const OF_A_CANDIDATE: [&str; 6] = [
    "applyForProgram",
    "supplyInformation",
    "withdrawApplication",
    "addContact",
    "changeContact",
    "removeContact",
];

/// All rows of one type.
struct Listed {
    reach: Reach,
    fields: HashMap<&'static str, Entry>,
    /// Whoever may use any of its fields; before the approval where all of them are open then.
    readers: Entry,
}

static TABLE: LazyLock<HashMap<&'static str, Listed>> = LazyLock::new(table);

/// Who may use a field; nothing where it has no row. A payload has the roles of its mutation and tells everybody of them
/// what came of it; a connection and its edges have those of what they hold.
pub fn entry(parent: &str, field: &str) -> Option<Entry> {
    if let Some(listed) = TABLE.get(parent) {
        return listed.fields.get(field).copied();
    }
    if let Some(mutation) = parent.strip_suffix("Payload") {
        let roles = entry("Mutation", &uncapitalized(mutation))?;
        let told = matches!(field, "position" | "replayed" | "refusal" | "clientMutationId");
        return Some(if told { roles.open() } else { roles.closed() });
    }
    let held = parent.strip_suffix("Connection").or_else(|| parent.strip_suffix("Edge"))?;
    TABLE.get(held).map(|listed| listed.readers)
}

/// Whether the table lets this role use a field.
pub fn may_use(role: Role, parent: &str, field: &str) -> bool {
    entry(parent, field).is_some_and(|roles| roles.contains(role))
}

/// Every role that may use some field of a type: whoever sees such objects at all.
pub fn readers(name: &str) -> Vec<Role> {
    use domain::ClosedList;
    let listed = TABLE.get(name).into_iter();
    listed
        .flat_map(|listed| {
            Role::ALL
                .iter()
                .filter(|(role, ..)| listed.readers.contains(*role))
                .map(|(role, ..)| *role)
        })
        .collect()
}

/// Every row as type and field, for whoever compares them with the schema.
pub fn rows() -> BTreeMap<&'static str, Vec<&'static str>> {
    TABLE.iter().map(|(name, listed)| (*name, listed.fields.keys().copied().collect())).collect()
}

/// Who may say when something was true.
pub fn may_date(role: Role) -> bool {
    CHANNEL.and(FINANCE).contains(role)
}

/// Whose rows of a type somebody may see. It goes into the query, so that what is out of sight is not there.
pub fn sight(principal: &Principal, name: &str) -> Sight {
    let listed = TABLE.get(name).filter(|listed| listed.readers.contains(principal.role));
    let Some(listed) = listed else { return Sight::None };
    match (principal.role.is_member(), principal.partner, listed.reach) {
        (false, _, _) | (true, Some(_), Reach::Common) => Sight::All,
        (true, Some(own), Reach::Own) => Sight::Partner(own),
        (true, Some(own), Reach::Below) => Sight::Network(own),
        (true, _, Reach::Nobody) | (true, None, _) => Sight::None,
    }
}

fn table() -> HashMap<&'static str, Listed> {
    let mut table = HashMap::from([("Mutation", mutations())]);
    for Type { name, reach, fields } in SUBJECTS.into_iter().flatten() {
        let listed = table.entry(*name).or_insert_with(|| Listed {
            reach: *reach,
            fields: HashMap::new(),
            readers: Entry::NOBODY.open(),
        });
        for (roles, names) in *fields {
            listed.readers = listed.readers.and(*roles);
            listed.fields.extend(names.split(' ').map(|field| (field, *roles)));
        }
    }
    table
}

/// Every command that people give, for whom it is.
fn mutations() -> Listed {
    let rows = Command::permits().into_iter();
    let of_people = rows.filter(|(_, roles)| roles.each().any(Role::is_of_people));
    let entry = |(name, roles)| {
        let entry = Entry::closed_to(roles);
        (name, if OF_A_CANDIDATE.contains(&name) { entry.open() } else { entry })
    };
    let fields: HashMap<&str, Entry> = of_people.map(entry).collect();
    let readers = fields.values().fold(Entry::NOBODY, |all, entry| all.and(*entry));
    Listed { reach: Reach::Common, fields, readers }
}

fn uncapitalized(name: &str) -> String {
    let mut letters = name.chars();
    let initial = letters.next().map(|letter| letter.to_ascii_lowercase());
    initial.into_iter().chain(letters).collect()
}
