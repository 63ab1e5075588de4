//! Results on standard output, for a person or for a program; progress on standard error, for a person only.

use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use super::Format;

/// Where results go.
pub struct Output {
    format: Format,
}

impl Output {
    pub fn new(format: Format) -> Self {
        Self { format }
    }

    /// Says the same to a person and to a program.
    pub fn say(&self, text: &str, json: &Value) {
        match self.format {
            Format::Text => self.plain(text),
            Format::Json => self.plain(&json.to_string()),
        }
    }

    /// A result that is text already. A closed pipe ends nothing that still works.
    #[expect(clippy::unused_self, reason = "results go through one place")]
    pub fn plain(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        drop(writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()));
    }

    /// What went wrong, with what it came of.
    pub fn failure(&self, error: &anyhow::Error) {
        let mut err = std::io::stderr().lock();
        drop(match self.format {
            Format::Text => writeln!(err, "accord: {error:#}"),
            Format::Json => {
                writeln!(err, "{}", serde_json::json!({ "error": format!("{error:#}") }))
            }
        });
    }

    /// A bar over `steps`, drawn only where somebody watches.
    pub fn progress(&self, what: &'static str, steps: u64) -> ProgressBar {
        let watched = self.format == Format::Text && std::io::stderr().is_terminal();
        let bar = if watched { ProgressBar::new(steps) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{msg:<24} {bar:32} {pos}/{len}  {elapsed}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.with_message(what)
    }
}
