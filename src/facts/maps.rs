//! The user's two small files. In: `domain,organisation[,receiver]` and `email,list_source`. Out: look-up tables.
//! Errors name the file and the line.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, bail};

use super::keys::Contacts;
use super::organisation::Mapped;
use crate::bounce::{Key, domain_key};
use crate::tables::TableError;

/// Reads the map of tenants; `family` gives the family of a receiver's name.
///
/// # Errors
/// A file that cannot be read; a first line without the columns; a line without a domain and an organisation.
pub fn tenants(path: &Path, mut family: impl FnMut(&str) -> String) -> anyhow::Result<HashMap<String, Mapped>> {
    let mut map = HashMap::new();
    each_row(path, &["domain", "organisation", "receiver"], 2, |row| {
        let Some(domain) = domain_key(row[0]) else { bail!("\"{}\" is not a domain", row[0]) };
        if row[1].is_empty() {
            bail!("no organisation for {domain}");
        }
        let organisation = domain_key(row[1]).unwrap_or_else(|| row[1].to_owned());
        let receiver = Some(row[2]).filter(|r| !r.is_empty()).map(&mut family);
        map.insert(domain, Mapped { organisation, receiver });
        Ok(())
    })?;
    Ok(map)
}

/// Reads the sender's list: the list source of each address, by the address's hash.
///
/// # Errors
/// As `tenants`.
pub fn contacts(path: &Path, key: &Key) -> anyhow::Result<Contacts> {
    let mut map = Contacts::default();
    each_row(path, &["email", "list_source"], 2, |row| {
        if !row[1].is_empty() {
            map.insert(key.recipient_of(row[0]), row[1].into());
        }
        Ok(())
    })?;
    Ok(map)
}

/// Calls `take` with the wanted cells of each line; the first `needed` columns must be there, others may be missing.
fn each_row(
    path: &Path,
    columns: &[&str],
    needed: usize,
    mut take: impl FnMut(&[&str]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate().filter(|(_, l)| !l.trim().is_empty());
    let first = lines.next().map(|(_, line)| line.to_lowercase()).unwrap_or_default();
    let delimiter = char::from(delimiter_of(first.as_bytes()));
    let header = cells(&first, delimiter);
    let places: Vec<Option<usize>> = columns.iter().map(|c| header.iter().position(|h| h == c)).collect();
    if let Some(missing) = places.iter().take(needed).position(Option::is_none) {
        let what = format!("no column \"{}\"; the first line must be {}", columns[missing], columns.join(","));
        return Err(broken(path, 1, what).into());
    }
    for (at, line) in lines {
        let cells = cells(line, delimiter);
        let row: Vec<&str> = places.iter().map(|p| p.and_then(|p| cells.get(p)).map_or("", |c| c.as_str())).collect();
        take(&row).map_err(|error| broken(path, at + 1, error.to_string()))?;
    }
    Ok(())
}

/// What the user can put right in the file.
fn broken(path: &Path, line: usize, what: String) -> TableError {
    TableError { file: path.display().to_string(), line, what }
}

/// What parts the cells of a small CSV, by its first line: spreadsheets of many countries write semicolons.
pub fn delimiter_of(first: &[u8]) -> u8 {
    *b",;\t".iter().find(|mark| first.contains(mark)).unwrap_or(&b',')
}

/// The cells of a line of CSV (RFC 4180, without line breaks in cells), trimmed.
fn cells(line: &str, delimiter: char) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            mark if mark == delimiter && !quoted => cells.push(std::mem::take(&mut cell).trim().to_owned()),
            _ => cell.push(c),
        }
    }
    cells.push(cell.trim().to_owned());
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn a_map_may_leave_out_the_receiver_and_order_its_columns_as_it_likes() {
        let file = file("organisation,domain\n\"Example, Inc.\",Example.COM\nexample.org,example.net\n");
        let map = tenants(file.path(), str::to_owned).unwrap();
        assert_eq!(map["example.com"].organisation, "Example, Inc.");
        assert_eq!(map["example.net"], Mapped { organisation: "example.org".into(), receiver: None });
    }

    #[test]
    fn cells_may_be_parted_by_semicolons_or_tabs() {
        for text in [
            "domain;organisation\nexample.com;\"Example; Ltd, Co\"\n",
            "domain\torganisation\nexample.com\tExample; Ltd, Co\n",
        ] {
            let map = tenants(file(text).path(), str::to_owned).unwrap();
            assert_eq!(map["example.com"].organisation, "Example; Ltd, Co", "{text}");
        }
    }

    #[test]
    fn a_bad_line_is_named_with_its_place() {
        let file = file("domain,organisation\nexample.com,\n");
        let error = tenants(file.path(), str::to_owned).unwrap_err();
        assert!(format!("{error:#}").ends_with(":2: no organisation for example.com"), "{error:#}");
    }

    #[test]
    fn a_missing_column_is_named_with_the_first_line_wanted() {
        let file = file("email,source\n");
        let error = contacts(file.path(), &Key::default()).unwrap_err();
        assert!(error.to_string().contains("no column \"list_source\""), "{error}");
    }

    #[test]
    fn contacts_are_found_whatever_the_case() {
        let file = file("email,list_source\nAnn@Example.com,fair\n");
        let map = contacts(file.path(), &Key::default()).unwrap();
        assert_eq!(&*map[&Key::default().recipient_of("ann@example.COM")], "fair");
    }
}
