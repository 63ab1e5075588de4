//! The dependency graph of the crates: which may know which, and that there is one of what must be one.

use std::collections::BTreeMap;

use super::super::files::read;

/// The names under a manifest's `[dependencies]`.
fn dependencies(package: &str) -> Vec<String> {
    let manifest = read(&format!("{package}/Cargo.toml"));
    let begin = manifest.find("[dependencies]").expect("has dependencies") + "[dependencies]".len();
    let section = manifest[begin..].split("\n[").next().unwrap_or_default();
    let names = section.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[test]
fn crates_know_only_those_below_them() {
    let ours = ["domain", "eventlog", "projections", "mail", "api"];
    let edges: BTreeMap<&str, Vec<String>> = ours
        .into_iter()
        .map(|package| {
            let below = dependencies(package);
            (package, below.into_iter().filter(|name| ours.contains(&name.as_str())).collect())
        })
        .collect();
    insta::assert_json_snapshot!(edges, @r#"
    {
      "api": [
        "domain",
        "eventlog",
        "projections",
        "mail"
      ],
      "domain": [],
      "eventlog": [
        "domain"
      ],
      "mail": [
        "domain"
      ],
      "projections": [
        "domain",
        "eventlog"
      ]
    }
    "#);
}

#[test]
fn the_domain_has_neither_runtime_nor_database() {
    let foreign = [
        "tokio",
        "sqlx",
        "sea-orm",
        "postgres-es",
        "sqlite-es",
        "axum",
        "async-graphql",
        "reqwest",
        "rand",
    ];
    let found: Vec<String> = dependencies("domain")
        .into_iter()
        .filter(|name| foreign.contains(&name.as_str()))
        .collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn there_is_one_sqlx_and_one_sqlite() {
    let lock = read("Cargo.lock");
    for (package, version) in
        [("sqlx", "0.8.6"), ("sqlx-core", "0.8.6"), ("libsqlite3-sys", "0.30.1")]
    {
        let versions: Vec<&str> = lock
            .split("[[package]]")
            .filter(|entry| entry.contains(&format!("\nname = \"{package}\"\n")))
            .filter_map(|entry| entry.split("version = \"").nth(1)?.split('"').next())
            .collect();
        assert_eq!(versions, [version], "{package}");
    }
}
