//! CSV (RFC 4180): the rows of one list as a table, a page at a time, safe to open with a spreadsheet (formula injection).

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_graphql::{Name, PathSegment, QueryPathNode, Value};
use csv::{Terminator, Writer, WriterBuilder};

use super::nulls::path;

/// Most rows of a sheet, and most bytes.
const MOST_ROWS: usize = 50_000;
const MOST_BYTES: usize = 32 << 20;

/// Where a list stands in an answer, and what it has in each row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Listed {
    /// The keys that lead to the connection.
    pub path: Vec<Name>,
    /// The keys that lead from there to each row: that of its nodes, or those of its edges and their node.
    pub rows: Vec<Name>,
    /// The keys that lead from a row to each value.
    pub columns: Vec<Vec<Name>>,
}

/// Why there is no sheet, for whoever asked to read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct NoSheet(pub &'static str, pub String);

/// One list that is being written down. Its pages are asked for one after the other.
pub struct Sheet(Mutex<State>);

struct State {
    listed: Option<Listed>,
    /// The cursor after which the next page begins.
    after: Option<String>,
    more: bool,
    rows: usize,
    csv: Writer<Vec<u8>>,
}

impl Default for Sheet {
    /// Begins with a byte order mark: without it a spreadsheet reads the letters of another alphabet than that of UTF-8.
    fn default() -> Self {
        let mark = "\u{feff}".into();
        let csv = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(mark);
        Self(Mutex::new(State { listed: None, after: None, more: false, rows: 0, csv }))
    }
}

impl Sheet {
    /// Whether the field at this place is the list.
    pub fn is_of(&self, node: &QueryPathNode<'_>) -> bool {
        let here = path(node);
        let state = self.state();
        let listed = state.listed.as_ref().map(|listed| listed.path.as_slice());
        listed.is_some_and(|path| {
            path.len() == here.len()
                && path.iter().zip(&here).all(|(name, segment)| match segment {
                    PathSegment::Field(field) => field == name.as_str(),
                    PathSegment::Index(_) => false,
                })
        })
    }

    /// The cursor after which the page begins that is being asked for; none where it is the first.
    pub fn after(&self) -> Option<String> {
        self.state().after.clone()
    }

    /// Takes the cursor of the last row, where more come after it.
    pub fn goes_on_after(&self, cursor: Option<String>) {
        let mut state = self.state();
        state.more = cursor.is_some();
        state.after = cursor;
    }

    /// Whether another page comes.
    pub fn goes_on(&self) -> bool {
        self.state().more
    }

    /// Says where the list stands. The names of its columns come first.
    pub(super) fn begin(&self, listed: Listed) -> Result<(), NoSheet> {
        let mut state = self.state();
        if state.listed.is_none() {
            let names = listed.columns.iter().map(|column| column.join("."));
            let names: Vec<String> = names.collect();
            state.csv.write_record(&names).map_err(unwritten)?;
            state.listed = Some(listed);
        }
        Ok(())
    }

    /// Writes down the page of an answer.
    pub(super) fn add(&self, answer: &Value) -> Result<(), NoSheet> {
        let state = &mut *self.state();
        let Some(Listed { path, rows, columns }) = &state.listed else { return Ok(()) };
        let Some(connection @ Value::Object(_)) = value_at(answer, path) else {
            let problem = "what this list is of is not there, or not yours to see".to_owned();
            return Err(NoSheet("NOT_FOUND", problem));
        };
        let (first, rest) = rows.split_at(1);
        let Some(Value::List(items)) = value_at(connection, first) else { return Ok(()) };
        for row in items.iter().filter_map(|item| value_at(item, rest)) {
            let cells = columns.iter().map(|column| cell(value_at(row, column)));
            state.csv.write_record(cells).map_err(unwritten)?;
            state.rows += 1;
        }
        state.csv.flush().map_err(|error| unwritten(error.into()))?;
        if state.rows > MOST_ROWS || state.csv.get_ref().len() > MOST_BYTES {
            let problem = format!(
                "this list has more than {MOST_ROWS} rows, or makes more than 32 MiB: filter it and export it in parts"
            );
            return Err(NoSheet("EXPORT_TOO_LARGE", problem));
        }
        Ok(())
    }

    /// The name of the list and its rows.
    pub(super) fn finish(&self) -> (String, Vec<u8>) {
        let mut state = self.state();
        let listed = state.listed.as_ref().and_then(|listed| listed.path.last());
        let name = listed.map_or_else(|| "list".to_owned(), ToString::to_string);
        let written = std::mem::replace(&mut state.csv, Writer::from_writer(vec![]));
        (name, written.into_inner().unwrap_or_default())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unwritten(error: csv::Error) -> NoSheet {
    tracing::error!(%error, "a row could not be written down");
    NoSheet("INTERNAL", "something went wrong on our side".to_owned())
}

fn value_at<'v>(value: &'v Value, path: &[Name]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, key| match value {
        Value::Object(members) => members.get(key),
        Value::Null
        | Value::Number(_)
        | Value::String(_)
        | Value::Boolean(_)
        | Value::Binary(_)
        | Value::Enum(_)
        | Value::List(_) => None,
    })
}

/// A value as a cell. What there is not is empty; a list within a row is its JSON.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => harmless(text),
        Some(Value::Enum(name)) => name.to_string(),
        Some(Value::Boolean(truth)) => truth.to_string(),
        Some(Value::Number(number)) => number.to_string(),
        Some(value @ (Value::List(_) | Value::Object(_) | Value::Binary(_))) => {
            serde_json::to_string(value).unwrap_or_default()
        }
    }
}

/// A text of which no spreadsheet takes anything for a formula: what begins like one has an apostrophe before it, and so
/// has what stands behind a semicolon, which separates cells where commas are decimal. A number is a number, also below zero.
fn harmless(text: &str) -> String {
    let safe = |(place, part): (usize, &str)| {
        let inner = if place == 0 { part } else { part.trim_start_matches([' ', '"']) };
        let formula = inner.starts_with(SIGNS) && !is_number(inner);
        if formula { format!("'{part}") } else { part.to_owned() }
    };
    text.split(';').enumerate().map(safe).collect::<Vec<_>>().join(";")
}

/// With what a formula begins, and what a spreadsheet skips before it.
const SIGNS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, rest]
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(columns: &[&str]) -> Listed {
        let columns = columns.iter().map(|column| vec![Name::new(column)]).collect();
        Listed { path: vec![Name::new("list")], rows: vec![Name::new("nodes")], columns }
    }

    fn page(rows: serde_json::Value) -> Value {
        let page = serde_json::json!({ "list": { "nodes": rows } });
        Value::from_json(page).expect("is a value")
    }

    #[test]
    fn a_sheet_is_read_back_whatever_stands_in_it() {
        let texts = ["a,b", "\"quoted\"", "two\r\nlines", "", " ", "=1", "zażółć 🦀", "'"];
        let sheet = Sheet::default();
        sheet.begin(listed(&["one", "two"])).expect("begins");
        for text in texts {
            let row = serde_json::json!([{ "one": text, "two": [text] }]);
            sheet.add(&page(row)).expect("is taken");
        }
        let (name, bytes) = sheet.finish();
        assert_eq!(name, "list");
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).expect("begins with a mark");
        assert!(bytes.starts_with(b"one,two\r\n\"a,b\",\"[\"\"a,b\"\"]\"\r\n"));
        let mut read = csv::Reader::from_reader(bytes);
        for (text, row) in texts.iter().zip(read.records()) {
            let row = row.expect("has two cells");
            assert_eq!(&row[0], harmless(text));
            assert_eq!(&row[1], serde_json::json!([text]).to_string());
        }
    }

    #[test]
    fn fifty_thousand_rows_are_a_sheet_and_one_more_is_not() {
        let sheet = Sheet::default();
        sheet.begin(listed(&["one"])).expect("begins");
        let thousand = page(serde_json::json!(vec![serde_json::json!({ "one": 7 }); 1000]));
        for _ in 0..50 {
            sheet.add(&thousand).expect("there is room");
        }
        let one = sheet.add(&page(serde_json::json!([{ "one": 7 }])));
        assert_eq!(one.map_err(|NoSheet(code, _)| code), Err("EXPORT_TOO_LARGE"));
    }

    #[test]
    fn no_cell_is_a_formula_and_numbers_stay_numbers() {
        for text in [
            "=1+1",
            "+49 30",
            "-x",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "-1+1",
            "-",
            "-.5",
            "－1",
            "=cmd|' /C calc'!A0",
        ] {
            assert_eq!(harmless(text), format!("'{text}"));
        }
        for text in ["-12.00", "-7", "7", "a=b", "", " =1", "2025-01-01", "'=1", "a; b", "a;-7"] {
            assert_eq!(harmless(text), text);
        }
        for (text, safe) in [
            ("Acme;=cmd|' /C calc'!A0", "Acme;'=cmd|' /C calc'!A0"),
            ("a; \"=1;;@b", "a;' \"=1;;'@b"),
            ("=1;+2", "'=1;'+2"),
        ] {
            assert_eq!(harmless(text), safe);
        }
    }
}
