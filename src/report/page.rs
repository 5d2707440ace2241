//! A page of Markdown in the making. In: lines, headings, tables whose cells are escaped. Out: text.

/// The page so far.
#[derive(Debug, Default)]
pub struct Page(String);

impl Page {
    /// The text.
    pub fn into_text(self) -> String {
        self.0
    }

    /// One line.
    pub fn line(&mut self, line: impl AsRef<str>) {
        self.0.push_str(line.as_ref());
        self.0.push('\n');
    }

    /// The heading of a section, with a blank line on both sides.
    pub fn heading(&mut self, text: &str) {
        self.line("");
        self.line(format!("## {text}"));
        self.line("");
    }

    /// A table; each row has a cell for each column of the header.
    pub fn table(&mut self, header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        self.line(format!("| {} |", header.join(" | ")));
        self.line(format!("|{}", " --- |".repeat(header.len())));
        for row in rows {
            self.line(format!("| {} |", row.join(" | ")));
        }
    }
}
