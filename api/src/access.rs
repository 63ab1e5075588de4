//! Who may what: one table of every field and every mutation. What has no row is denied to everybody.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use projections::Scope;

use crate::auth::{Principal, Role};

/// A set of roles.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Roles(u8);

impl Roles {
    const fn of(roles: &[Role]) -> Self {
        let (mut bits, mut index) = (0, 0);
        while index < roles.len() {
            bits |= 1 << roles[index] as u8;
            index += 1;
        }
        Self(bits)
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn contains(self, role: Role) -> bool {
        self.0 & (1 << role as u8) != 0
    }
}

/// Whose objects of a type a member reaches. The vendor's people reach everybody's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// Those of the own partner.
    Own,
    /// Those of the own partner's network as well: name, tier, stage and depth, and nothing else (M18).
    Below,
    /// They are nobody's: the programme's, or part of something that was reached already.
    Common,
    /// No member comes here.
    Nobody,
}

/// What the table says of one field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    pub roles: Roles,
    /// R4: open to a member whose application is not approved yet.
    pub before_approval: bool,
}

struct Type {
    name: &'static str,
    reach: Reach,
    fields: &'static [(Roles, &'static str)],
}

const OWNER: Roles = Roles::of(&[Role::Owner]);
const SALES: Roles = Roles::of(&[Role::Owner, Role::Seller]);
const MEMBERS: Roles = Roles::of(&[Role::Owner, Role::Seller, Role::Specialist]);
const CHANNEL: Roles = Roles::of(&[Role::ChannelManager]);
const FINANCE: Roles = Roles::of(&[Role::Finance]);
const AUDIT: Roles = Roles::of(&[Role::Auditor]);
const ADMIN: Roles = Roles::of(&[Role::Administrator]);

/// Reads what the vendor's people read but money.
const DESK: Roles = CHANNEL.and(FINANCE).and(AUDIT).and(ADMIN);
const EVERYBODY: Roles = MEMBERS.and(DESK);
/// Reads deals and what they earn.
const DEALS: Roles = SALES.and(CHANNEL).and(FINANCE).and(AUDIT);
/// Reads wallets and payouts.
const MONEY: Roles = OWNER.and(FINANCE).and(AUDIT);
/// Reads training.
const TRAINING: Roles = MEMBERS.and(CHANNEL).and(AUDIT).and(ADMIN);
/// Reads the journal.
const BOOKS: Roles = FINANCE.and(AUDIT);

const fn ty(name: &'static str, reach: Reach, fields: &'static [(Roles, &'static str)]) -> Type {
    Type { name, reach, fields }
}

#[rustfmt::skip] // A row is a line.
const TYPES: &[Type] = &[
    ty("Query", Reach::Common, &[
        (EVERYBODY, "viewer node nodes program programs partner partners partnerDashboard"),
        (DESK, "programDashboard"),
        (DEALS, "deal deals explainCommission"),
        (MONEY, "wallet wallets payouts"),
        (BOOKS, "journal trialBalance"),
        (AUDIT, "events"),
    ]),
    ty("Subscription", Reach::Common, &[(DEALS, "dealChanged"), (MONEY, "walletChanged"), (AUDIT, "events")]),
    ty("Mutation", Reach::Common, &[
        // The programme.
        (CHANNEL.and(ADMIN), "openProgram publishTerms"),
        (CHANNEL, "configureContractStatus publishCommissionPlan publishDealPolicy publishCourse defineCertification"),
        (FINANCE, "publishPayoutPolicy"),
        // The application: decided by channel managers only.
        (OWNER.and(CHANNEL), "applyForProgram"),
        (OWNER, "supplyInformation withdrawApplication acceptTerms setPaymentDetails"),
        (CHANNEL, "assignReview requestInformation recordReview scheduleInterview recordInterview"),
        (CHANNEL, "approveApplication rejectApplication overrideTier assignCourse recordExam issueCertificate"),
        (OWNER.and(CHANNEL), "joinNetwork"),
        (OWNER.and(CHANNEL).and(Roles::of(&[Role::Specialist])), "completeModule"),
        // Deals.
        (SALES.and(CHANNEL), "registerDeal withdrawDeal loseDeal signContract"),
        (SALES, "qualifyDealByPartner"),
        (CHANNEL, "returnDeal qualifyDeal approveDeal rejectDeal agreeShare changeContractStatus winDeal"),
        (CHANNEL.and(FINANCE), "recordPayment"),
        // Payouts: asked for by the partner, paid by finance.
        (OWNER, "requestPayout cancelPayout"),
        (FINANCE, "rejectPayout approvePayout submitPayout settlePayout"),
    ]),
    ty("Viewer", Reach::Common, &[(EVERYBODY, "subject role"), (MEMBERS, "application partner")]),
    ty("Application", Reach::Own, &[
        (MEMBERS, "partnerId name stage appliedAt interviewAt approvedAt endedAt rejection"),
    ]),
    ty("Node", Reach::Common, &[(EVERYBODY, "id")]),
    ty("Program", Reach::Common, &[
        (EVERYBODY, "id programId name timeZone baseCurrency interviewRequired maxNetworkDepth contractStatuses"),
        (EVERYBODY, "courses certifications openedAt version changedAtPosition terms"),
        (CHANNEL.and(FINANCE).and(AUDIT), "publications"),
    ]),
    ty("ContractStatus", Reach::Common, &[(EVERYBODY, "code calculatesCommission kernelState")]),
    ty("Course", Reach::Common, &[(EVERYBODY, "course version area modules step")]),
    ty("Certification", Reach::Common, &[(EVERYBODY, "certification version courses exam validForMonths")]),
    ty("Publication", Reach::Common, &[
        (EVERYBODY, "kind version effectiveFrom effectiveUntil bodyHash publishedAt"),
        (CHANNEL.and(FINANCE).and(AUDIT), "body author approvedBy"),
    ]),
    ty("Partner", Reach::Own, &[
        (EVERYBODY, "id partnerId name country stage tier appliedAt approvedAt joinedAt endedAt depth version"),
        (EVERYBODY, "changedAtPosition program certificatesGiven taxId website source contacts termsVersion"),
        (EVERYBODY, "rejection interviewAt referralCode network"),
        (DESK, "parent reviewer reviewPassed"),
        (MONEY, "paymentDetailsSet wallets"),
        (DEALS, "deals"),
        (TRAINING, "courses training certificates"),
    ]),
    ty("NetworkMember", Reach::Below, &[(EVERYBODY, "name tier stage depth")]),
    ty("Contact", Reach::Own, &[(EVERYBODY, "person firstName lastName email phone")]),
    ty("AssignedCourse", Reach::Own, &[(TRAINING, "course version modules step assignedAt")]),
    ty("TrainingRecord", Reach::Own, &[
        (TRAINING, "person kind course unit contentVersion attempts score lastAttemptAt completedAt"),
    ]),
    ty("Certificate", Reach::Own, &[
        (TRAINING, "certificateId person certification version validFrom validUntil"),
    ]),
    ty("Deal", Reach::Own, &[
        (DEALS, "id dealId stage seller customer productLines territory estimate expectedClose problems criteria"),
        (DEALS, "responsible route approvedBy protectedUntil returned rejection loss signedOn contractStatus total"),
        (DEALS, "paid commission registeredAt qualifiedAt approvedAt signedAt paidAt wonAt closedAt version"),
        (DEALS, "changedAtPosition program partner lines payments calculations"),
        (CHANNEL.and(BOOKS), "shares"),
    ]),
    ty("Customer", Reach::Own, &[(DEALS, "name country taxId domain")]),
    ty("DealReturn", Reach::Own, &[(DEALS, "reason fields")]),
    ty("Share", Reach::Nobody, &[(CHANNEL.and(BOOKS), "partnerId share")]),
    ty("ContractLine", Reach::Own, &[(DEALS, "line productLine net")]),
    ty("Payment", Reach::Own, &[(DEALS, "paymentId amount allocations receivedOn outstanding recordedAt")]),
    ty("Allocation", Reach::Own, &[(DEALS, "line amount")]),
    ty("Calculation", Reach::Own, &[
        (DEALS, "trigger calculatedAt planVersion nothing traceHash legs"),
        (CHANNEL.and(BOOKS), "trace"),
    ]),
    ty("Leg", Reach::Own, &[
        (DEALS, "lotId beneficiaryId line component kind level base share rate factor amount maturesAt"),
    ]),
    ty("Explanation", Reach::Own, &[
        (DEALS, "legs traceHash recalculatedHash holds"),
        (CHANNEL.and(BOOKS), "trace"),
    ]),
    ty("Wallet", Reach::Own, &[
        (MONEY, "id walletId currency balance held available reserved inTransit version changedAtPosition"),
        (MONEY, "partner statement lots payouts"),
    ]),
    ty("Lot", Reach::Own, &[
        (MONEY, "lotId kind level line component planVersion base rate amount accruedAt maturesAt maturedAt deal"),
    ]),
    ty("StatementLine", Reach::Own, &[
        (MONEY, "position kind amount balanceAfter occurredAt lotId payoutId"),
    ]),
    ty("Payout", Reach::Own, &[
        (MONEY, "payoutId state amount requestedBy requestedAt approvedBy approvedAt submittedAt paidAt endedAt"),
        (MONEY, "rejection rejectionReason wallet partner"),
        (BOOKS, "providerKey fee"),
    ]),
    ty("ProgramDashboard", Reach::Common, &[
        (DESK, "partnersApplied partnersApproved partnersJoined certificates dealsRegistered dealsQualified"),
        (DESK, "dealsApproved dealsSigned dealsWon dealsLost program"),
        (CHANNEL.and(BOOKS), "totals"),
    ]),
    ty("PartnerDashboard", Reach::Own, &[
        (EVERYBODY, "certificates dealsRegistered dealsQualified dealsApproved dealsSigned dealsWon dealsLost partner"),
        (MONEY, "totals"),
    ]),
    ty("Totals", Reach::Own, &[
        (MONEY.and(CHANNEL), "currency revenueSigned revenuePaid accrued matured paidOut"),
    ]),
    ty("JournalLine", Reach::Nobody, &[
        (BOOKS, "account accountName debit credit walletId occurredAt position entry partner"),
    ]),
    ty("JournalEntry", Reach::Nobody, &[(BOOKS, "entryId occurredAt position lines"), (AUDIT, "event")]),
    ty("AccountBalance", Reach::Nobody, &[(BOOKS, "account accountName currency debit credit")]),
    ty("AuditEvent", Reach::Nobody, &[
        (AUDIT, "id eventId position eventType aggregateType aggregateId sequence occurredAt recordedAt actor"),
        (AUDIT, "commandId causationId correlationId payload partner causes effects"),
    ]),
    ty("Actor", Reach::Nobody, &[(AUDIT, "kind subject partnerId onBehalfOf")]),
    ty("WalletChange", Reach::Own, &[(MONEY, "position wallet")]),
    ty("DealChange", Reach::Own, &[(DEALS, "position deal")]),
    ty("Money", Reach::Common, &[(DEALS.and(MONEY), "amount currency")]),
    ty("Refusal", Reach::Common, &[(EVERYBODY, "code message field policy")]),
    ty("PolicyVersion", Reach::Common, &[(EVERYBODY, "id version")]),
    ty("PageInfo", Reach::Common, &[(EVERYBODY, "hasNextPage hasPreviousPage startCursor endCursor")]),
];

/// What each group of mutations changes: the field of their payloads.
#[rustfmt::skip] // A row is a line.
const CHANGED: &[(&str, &str)] = &[
    ("program", "openProgram publishTerms configureContractStatus publishCommissionPlan publishDealPolicy"),
    ("program", "publishCourse defineCertification publishPayoutPolicy"),
    ("partner", "applyForProgram supplyInformation withdrawApplication acceptTerms setPaymentDetails assignReview"),
    ("partner", "requestInformation recordReview scheduleInterview recordInterview approveApplication joinNetwork"),
    ("partner", "rejectApplication overrideTier assignCourse recordExam issueCertificate completeModule"),
    ("deal", "registerDeal withdrawDeal loseDeal qualifyDealByPartner returnDeal qualifyDeal approveDeal rejectDeal"),
    ("deal", "agreeShare signContract changeContractStatus winDeal recordPayment"),
    ("wallet", "requestPayout cancelPayout rejectPayout approvePayout submitPayout settlePayout"),
];

/// R4: the own application, and what its candidate may do for it. Nothing else is open before the approval.
const BEFORE_APPROVAL: &[(&str, &str)] = &[
    ("Query", "viewer"),
    ("Viewer", "subject role application"),
    ("Application", "partnerId name stage appliedAt interviewAt approvedAt endedAt rejection"),
    ("Mutation", "applyForProgram supplyInformation withdrawApplication"),
    ("ApplyForProgramPayload", "position refusal clientMutationId"),
    ("SupplyInformationPayload", "position refusal clientMutationId"),
    ("WithdrawApplicationPayload", "position refusal clientMutationId"),
    ("Refusal", "code message field policy"),
    ("PolicyVersion", "id version"),
];

/// The types that lists are made of; each has a connection and an edge.
const LISTED: &[&str] = &[
    "Program",
    "Partner",
    "NetworkMember",
    "Deal",
    "Wallet",
    "StatementLine",
    "Lot",
    "Payout",
    "JournalLine",
    "AuditEvent",
];

type Table = HashMap<String, HashMap<&'static str, Entry>>;

static TABLE: LazyLock<Table> = LazyLock::new(table);

/// What the table says of a field; nothing where it has no row.
pub fn entry(parent: &str, field: &str) -> Option<Entry> {
    TABLE.get(parent)?.get(field).copied()
}

/// Whether the table lets this role use a field.
pub fn may_use(role: Role, parent: &str, field: &str) -> bool {
    entry(parent, field).is_some_and(|entry| entry.roles.contains(role))
}

/// Every row as type and field, for whoever compares them with the schema.
pub fn rows() -> BTreeMap<String, Vec<&'static str>> {
    TABLE
        .iter()
        .map(|(parent, fields)| (parent.clone(), fields.keys().copied().collect()))
        .collect()
}

/// Who may say when something was true.
pub fn may_date(role: Role) -> bool {
    CHANNEL.and(FINANCE).contains(role)
}

/// Whose rows of a type somebody may see. It goes into the query, so that what is out of sight is not there.
pub fn scope(principal: &Principal, name: &str) -> Scope {
    let Some(found) = TYPES.iter().find(|known| known.name == name) else { return Scope::None };
    if !found.fields.iter().any(|(roles, _)| roles.contains(principal.role)) {
        return Scope::None;
    }
    match (principal.role.is_member(), principal.partner, found.reach) {
        (false, _, _) | (true, Some(_), Reach::Common) => Scope::All,
        (true, Some(own), Reach::Own) => Scope::Partner(own),
        (true, Some(own), Reach::Below) => Scope::Network(own),
        (true, _, Reach::Nobody) | (true, None, _) => Scope::None,
    }
}

fn table() -> Table {
    let mut table = Table::new();
    for Type { name, fields, .. } in TYPES {
        for (roles, names) in *fields {
            allow(&mut table, name, names, *roles);
        }
    }
    for (changed, mutations) in CHANGED {
        for mutation in mutations.split(' ') {
            let roles = table["Mutation"][mutation].roles;
            let payload = payload(mutation);
            allow(&mut table, &payload, changed, roles);
            allow(&mut table, &payload, "position refusal clientMutationId", roles);
        }
    }
    for name in LISTED {
        let roles = table[*name].values().fold(Roles(0), |all, entry| all.and(entry.roles));
        allow(&mut table, &format!("{name}Connection"), "pageInfo edges nodes", roles);
        allow(&mut table, &format!("{name}Edge"), "node cursor", roles);
    }
    for (parent, names) in BEFORE_APPROVAL {
        for name in names.split(' ') {
            if let Some(entry) = table.get_mut(*parent).and_then(|fields| fields.get_mut(name)) {
                entry.before_approval = true;
            }
        }
    }
    table
}

fn allow(table: &mut Table, parent: &str, names: &'static str, roles: Roles) {
    let fields = table.entry(parent.to_owned()).or_default();
    for name in names.split(' ') {
        fields.insert(name, Entry { roles, before_approval: false });
    }
}

fn payload(mutation: &str) -> String {
    let mut letters = mutation.chars();
    let initial = letters.next().map(|letter| letter.to_ascii_uppercase());
    initial.into_iter().chain(letters).chain("Payload".chars()).collect()
}
