//! Lexical analysis of a crate: its module tree, what each module imports, and every path that it names.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter::Peekable,
    path::Path,
    str::FromStr,
};

use proc_macro2::{Delimiter, TokenStream, TokenTree, token_stream::IntoIter};

/// A path as it is written: `crate`, `self`, `super` or a name first.
pub type Named = Vec<String>;

/// One module; those that only tests compile are left out.
#[derive(Debug, Default)]
pub struct Module {
    /// Relative to the crate's folder; an inline module has its parent's.
    pub file: String,
    /// The module that declares it.
    pub parent: Option<usize>,
    pub children: BTreeMap<String, usize>,
    /// What `use` brings into scope, under the name that it has here.
    pub imports: BTreeMap<String, Named>,
    /// What `use ...::*` brings into scope.
    pub globs: Vec<Named>,
    /// Every path of two names or more, wherever it stands.
    pub paths: BTreeSet<Named>,
    /// Every single word, for whoever asks whether a name is declared here.
    pub words: BTreeSet<String>,
}

/// The modules of a crate, the root first.
pub struct Source {
    pub modules: Vec<Module>,
}

/// Reads a file of the crate; nothing where there is none.
type Files<'a> = dyn Fn(&str) -> Option<String> + 'a;

impl Source {
    /// The crate whose sources lie in `folder`.
    pub fn of_folder(folder: &Path) -> Self {
        Self::read("lib.rs", &|file| std::fs::read_to_string(folder.join(file)).ok())
    }

    /// The crate whose root is `root`, out of whatever holds its files.
    pub fn read(root: &str, files: &Files<'_>) -> Self {
        let mut source = Self { modules: vec![] };
        source.file(root.to_owned(), String::new(), None, files);
        source
    }

    fn file(
        &mut self,
        file: String,
        folder: String,
        parent: Option<usize>,
        files: &Files<'_>,
    ) -> usize {
        let text = files(&file).unwrap_or_else(|| panic!("{file} is not there"));
        let tokens = TokenStream::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        let index = self.modules.len();
        self.modules.push(Module { file, parent, ..Module::default() });
        self.items(index, tokens, &folder, files);
        index
    }

    /// Everything in a module or in a block of one.
    fn items(&mut self, index: usize, tokens: TokenStream, folder: &str, files: &Files<'_>) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Punct(mark) if mark.as_char() == '#' => {
                    if next_group(&mut tokens).is_some_and(|attribute| only_for_tests(&attribute)) {
                        skip_item(&mut tokens);
                    }
                }
                TokenTree::Ident(word) if word == "mod" => {
                    self.module(index, &mut tokens, folder, files);
                }
                TokenTree::Ident(word) if word == "use" => {
                    let tree = tokens.by_ref().take_while(|token| !is_mark(token, ';')).collect();
                    self.import(index, &[], tree);
                }
                TokenTree::Ident(word) => {
                    let path = path_from(word.to_string(), &mut tokens);
                    let module = &mut self.modules[index];
                    module.words.insert(path[0].clone());
                    if path.len() > 1 {
                        module.paths.insert(path);
                    }
                }
                TokenTree::Group(group) => self.items(index, group.stream(), folder, files),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    fn module(
        &mut self,
        parent: usize,
        tokens: &mut Peekable<IntoIter>,
        folder: &str,
        files: &Files<'_>,
    ) {
        let Some(TokenTree::Ident(name)) = tokens.next() else { return };
        let (name, inner) = (name.to_string(), format!("{folder}{name}/"));
        let child = match tokens.next() {
            Some(TokenTree::Group(body)) => {
                let child = self.modules.len();
                let file = self.modules[parent].file.clone();
                self.modules.push(Module { file, parent: Some(parent), ..Module::default() });
                self.items(child, body.stream(), &inner, files);
                child
            }
            Some(_) | None => {
                let own = format!("{folder}{name}.rs");
                let file = if files(&own).is_some() { own } else { format!("{inner}mod.rs") };
                self.file(file, inner, Some(parent), files)
            }
        };
        self.modules[parent].children.insert(name, child);
    }

    /// One tree of a `use`: a path, then a name, a star or a group of trees.
    fn import(&mut self, index: usize, before: &[String], tree: TokenStream) {
        let mut path = before.to_vec();
        let mut alias = None;
        let mut tokens = tree.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(word) if word == "as" => {
                    alias = tokens.next().map(|name| name.to_string());
                }
                TokenTree::Ident(word) => path.push(word.to_string()),
                TokenTree::Group(group) => {
                    let trees: Vec<TokenTree> = group.stream().into_iter().collect();
                    for tree in
                        trees.split(|token| is_mark(token, ',')).filter(|tree| !tree.is_empty())
                    {
                        self.import(index, &path, tree.iter().cloned().collect());
                    }
                    return;
                }
                TokenTree::Punct(mark) if mark.as_char() == '*' => {
                    self.modules[index].globs.push(path);
                    return;
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
        if path.last().is_some_and(|name| name == "self") && path.len() > 1 {
            path.pop();
        }
        if let Some(name) = alias.or_else(|| path.last().cloned()) {
            // `use x as _` brings a trait into scope under no name, and more than one may.
            let name = if name == "_" { path.join("::") } else { name };
            self.modules[index].imports.insert(name, path);
        }
    }
}

/// `word` and what follows it after `::`.
fn path_from(word: String, tokens: &mut Peekable<IntoIter>) -> Named {
    let mut path = vec![word];
    let colon = |token: Option<&TokenTree>| token.is_some_and(|token| is_mark(token, ':'));
    loop {
        let mut ahead = tokens.clone();
        let (first, second, third) = (ahead.next(), ahead.next(), ahead.next());
        match third {
            Some(TokenTree::Ident(next)) if colon(first.as_ref()) && colon(second.as_ref()) => {
                path.push(next.to_string());
                *tokens = ahead;
            }
            Some(_) | None => return path,
        }
    }
}

fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(found) if found.as_char() == mark)
}

fn next_group(tokens: &mut Peekable<IntoIter>) -> Option<TokenStream> {
    if tokens.peek().is_some_and(|token| is_mark(token, '!')) {
        tokens.next();
    }
    match tokens.next()? {
        TokenTree::Group(group) => Some(group.stream()),
        TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    }
}

/// `cfg(test)`, alone or with others.
fn only_for_tests(attribute: &TokenStream) -> bool {
    let text = attribute.to_string().replace(' ', "");
    text.starts_with("cfg(") && text.contains("test") && !text.contains("not(")
}

/// Past the item that follows: to its semicolon, or to the end of its block.
fn skip_item(tokens: &mut Peekable<IntoIter>) {
    let mut uses = false;
    for token in tokens {
        match token {
            TokenTree::Punct(mark) if mark.as_char() == ';' => return,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && !uses => return,
            TokenTree::Ident(word) if word == "use" => uses = true,
            TokenTree::Group(_)
            | TokenTree::Punct(_)
            | TokenTree::Ident(_)
            | TokenTree::Literal(_) => {}
        }
    }
}
