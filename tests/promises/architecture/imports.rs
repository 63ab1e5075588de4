//! The import graph of a crate: which file rests on which, by name resolution, and its strongly connected components.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Module, Source};

/// Which file names what is declared in which other one.
///
/// A name that a module only hands on is followed to where it is declared. A folder's `mod.rs` and its files may name
/// each other: together they are one thing to everybody else.
#[derive(Debug, PartialEq, Eq)]
pub struct Imports(pub BTreeMap<String, BTreeSet<String>>);

/// What a path leads to.
#[derive(Clone, Copy)]
enum Found {
    Module(usize),
    /// Something declared in a module.
    Item(usize),
}

/// How often a name may be handed on before it counts as going round in circles.
const HANDS: usize = 12;

impl Imports {
    pub fn of(source: &Source) -> Self {
        let mut imports = BTreeMap::new();
        for (index, module) in source.modules.iter().enumerate() {
            let known: &mut BTreeSet<String> = imports.entry(module.file.clone()).or_default();
            let globs =
                module.globs.iter().filter_map(|path| match source.find(index, path, HANDS)? {
                    Found::Module(found) | Found::Item(found) => Some(found),
                });
            let named = module.imports.values().chain(&module.paths);
            let items = named.filter_map(|path| match source.find(index, path, HANDS)? {
                Found::Item(found) => Some(found),
                Found::Module(_) => None, // What is named through it counts, not the way there.
            });
            let found = items.chain(globs).filter(|found| !source.relatives(index, *found));
            known.extend(found.map(|found| source.modules[found].file.clone()));
        }
        Self(imports)
    }

    /// Those of the files in a folder, by their paths from there.
    pub fn within_folder(&self, folder: &str) -> Self {
        let inner = |files: &BTreeSet<String>| {
            files.iter().filter_map(|file| file.strip_prefix(folder)).map(str::to_owned).collect()
        };
        let files = self
            .0
            .iter()
            .filter_map(|(file, known)| Some((file.strip_prefix(folder)?, inner(known))));
        Self(files.map(|(file, known)| (file.to_owned(), known)).collect())
    }

    /// Every group of files that rest on each other, each in order.
    pub fn circles(&self) -> Vec<BTreeSet<String>> {
        let reached: BTreeMap<&String, BTreeSet<&String>> =
            self.0.keys().map(|file| (file, self.reach(file))).collect();
        let mut circles: Vec<BTreeSet<String>> = vec![];
        for file in self.0.keys().filter(|file| reached[file].contains(file)) {
            if circles.iter().any(|circle| circle.contains(file)) {
                continue;
            }
            let mutual = reached[file].iter().filter(|other| reached[*other].contains(file));
            circles.push(mutual.map(|other| (*other).clone()).collect());
        }
        circles
    }

    /// The arrows within a circle, so that a person sees which to cut.
    pub fn within(&self, circle: &BTreeSet<String>) -> Vec<String> {
        let arrows =
            circle.iter().flat_map(|file| self.0[file].iter().map(move |other| (file, other)));
        arrows
            .filter(|(_, other)| circle.contains(*other))
            .map(|(a, b)| format!("{a} -> {b}"))
            .collect()
    }

    fn reach<'a>(&'a self, file: &'a String) -> BTreeSet<&'a String> {
        let mut reached = BTreeSet::new();
        let mut next = vec![file];
        while let Some(file) = next.pop() {
            let new = self.0.get(file).into_iter().flatten();
            next.extend(new.filter(|other| reached.insert(*other)));
        }
        reached
    }
}

impl Source {
    /// What `path` means in a module; nothing where it leads out of the crate.
    fn find(&self, at: usize, path: &[String], hands: usize) -> Option<Found> {
        let hands = hands.checked_sub(1)?;
        let first = path.first()?;
        let (mut here, rest) = match first.as_str() {
            "crate" => (0, &path[1..]),
            "self" => (at, &path[1..]),
            "super" => (self.modules[at].parent?, &path[1..]),
            name => {
                let module = &self.modules[at];
                let own_import = module.imports.get(name).is_some_and(|target| target == path);
                let known = module.children.contains_key(name)
                    || (module.imports.contains_key(name) && !own_import);
                if !known {
                    return None; // Another crate's, or a name that only this file knows.
                }
                (at, path)
            }
        };
        for name in rest {
            if name == "super" {
                here = self.modules[here].parent?;
                continue;
            }
            match self.member(here, name, hands)? {
                Found::Module(module) => here = module,
                item @ Found::Item(_) => return Some(item), // A variant or a function of a type: the type's.
            }
        }
        Some(Found::Module(here))
    }

    fn member(&self, at: usize, name: &str, hands: usize) -> Option<Found> {
        let module = &self.modules[at];
        if let Some(child) = module.children.get(name) {
            return Some(Found::Module(*child));
        }
        if let Some(target) = module.imports.get(name).filter(|target| *target != &[name]) {
            return self.find(at, target, hands);
        }
        if module.words.contains(name) {
            return Some(Found::Item(at)); // It is declared here, if by a macro.
        }
        let through = module.globs.iter().find_map(|glob| match self.find(at, glob, hands)? {
            Found::Module(found) if self.modules[found].knows(name) => {
                self.member(found, name, hands)
            }
            Found::Module(_) | Found::Item(_) => None,
        });
        Some(through.unwrap_or(Found::Item(at)))
    }

    /// One file, or a folder's `mod.rs` and a file of it.
    fn relatives(&self, one: usize, other: usize) -> bool {
        let file = |index: usize| &self.modules[index].file;
        let above = |index: usize| {
            let mut above = self.modules[index].parent;
            while let Some(parent) = above.filter(|parent| file(*parent) == file(index)) {
                above = self.modules[parent].parent; // An inline module's own file.
            }
            above.map(file)
        };
        file(one) == file(other)
            || above(one) == Some(file(other))
            || above(other) == Some(file(one))
    }
}

impl Module {
    fn knows(&self, name: &str) -> bool {
        self.words.contains(name)
            || self.children.contains_key(name)
            || self.imports.contains_key(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(files: &[(&str, &str)]) -> Imports {
        let text = |name: &str| {
            files.iter().find(|(file, _)| *file == name).map(|(_, text)| (*text).to_owned())
        };
        Imports::of(&Source::read("lib.rs", &text))
    }

    fn arrows(files: &[(&str, &str)]) -> Vec<String> {
        let imports = imports(files);
        imports.within(&imports.0.keys().cloned().collect())
    }

    #[test]
    fn a_circle_is_found_whichever_way_its_arrows_are_written() {
        let ways = [
            "use crate::b::Thing;",
            "use super::b::{Thing as Other};",
            "use super::*; use crate::{self as top, b::*};",
            "fn thing() -> crate::b::Thing { todo!() }",
            "fn thing() { use super::b as other; other::Thing::new(); }",
            "macro_rules! thing { () => { $crate::b::Thing }; }",
            "mod inner { fn thing(_: super::super::b::Thing) {} }",
            "use crate::Thing;",
        ];
        for way in ways {
            let files = [
                ("lib.rs", "mod a; mod b; pub use b::Thing; pub struct Lib;"),
                ("a.rs", way),
                ("b.rs", "pub struct Thing; impl From<crate::a::Whole> for Thing {}"),
            ];
            let circles = imports(&files).circles();
            assert_eq!(circles, [["a.rs", "b.rs"].map(str::to_owned).into()], "{way}");
        }
    }

    #[test]
    fn a_name_that_is_handed_on_leads_to_where_it_is_declared() {
        let files = [
            ("lib.rs", "pub mod shop; mod user; pub use shop::*;"),
            (
                "shop/mod.rs",
                "mod goods; mod words; pub use self::goods::Apple; pub(crate) use words::say;",
            ),
            ("shop/goods.rs", "use super::words::say; say! { pub struct Apple; }"),
            (
                "shop/words.rs",
                "macro_rules! say { ($($all:tt)*) => { $($all)* }; } pub(crate) use say;",
            ),
            (
                "user.rs",
                "use crate::{Apple, shop}; fn eat(_: Apple) { shop::say!(); std::fmt::Debug; }",
            ),
        ];
        assert_eq!(
            arrows(&files),
            [
                "shop/goods.rs -> shop/words.rs",
                "user.rs -> shop/goods.rs",
                "user.rs -> shop/words.rs"
            ]
        );
    }

    #[test]
    fn a_folder_and_its_files_are_one_thing_but_its_files_are_not() {
        let files = [
            ("lib.rs", "mod deal;"),
            (
                "deal/mod.rs",
                "mod stage; mod bill; pub use self::stage::Stage; pub struct Deal(Stage);",
            ),
            (
                "deal/stage.rs",
                "use super::Deal; pub struct Stage; fn bill(_: super::bill::Bill) {}",
            ),
            ("deal/bill.rs", "use super::{Deal, Stage}; pub struct Bill;"),
        ];
        let circle = ["deal/bill.rs", "deal/stage.rs"].map(str::to_owned);
        assert_eq!(imports(&files).circles(), [circle.into()]);
    }

    #[test]
    fn what_only_tests_compile_is_no_arrow() {
        let files = [
            ("lib.rs", "mod a; #[cfg(test)] mod b;"),
            (
                "a.rs",
                "#[cfg(test)] use crate::b::{Thing}; #[cfg(test)] mod tests { use crate::b::Thing; } pub struct A;",
            ),
        ];
        assert_eq!(arrows(&files), Vec::<String>::new());
    }
}
