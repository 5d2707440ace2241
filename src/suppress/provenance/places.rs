//! Places: where the files of a night name somebody. In: its folders of lists. Out: a line of text for each row that does, in whatever form
//! the file is: CSV with a header or without, NDJSON, a JSON list, a map.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::Context;
use serde_json::Value;

/// Cells of a CSV that say whom a row is about; what follows is about it.
const NAMING: usize = 3;

/// The rows of all files below the three folders that name whom `fits` knows, each with its file.
pub(super) fn of(night: &Path, fits: &dyn Fn(&str) -> bool) -> anyhow::Result<Vec<String>> {
    let mut rows = Vec::new();
    for folder in ["suppression", "release", "review"] {
        for file in files_below(&night.join(folder), &format!("{folder}/"))? {
            let path = night.join(&file);
            let found = if file.ends_with(".csv") { of_csv(&path, fits) } else { of_lines(&path, fits) };
            let found = found.with_context(|| path.display().to_string())?;
            rows.extend(found.into_iter().map(|row| format!("  {file}: {row}")));
        }
    }
    Ok(rows)
}

/// Rows of a CSV. Its first row is a header unless it holds an address or a domain, which no name of a column does.
fn of_csv(path: &Path, fits: &dyn Fn(&str) -> bool) -> anyhow::Result<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_path(path)?;
    let (mut header, mut rows) = (None, Vec::new());
    for (index, record) in reader.records().enumerate() {
        let record = record?;
        if index == 0 && !record.iter().any(|cell| cell.contains(['@', '.'])) {
            header = Some(record);
            continue;
        }
        if record.iter().take(NAMING).any(|cell| fits(&unquoted(cell))) {
            let name = |at: usize| header.as_ref().and_then(|header| header.get(at)).filter(|name| !name.is_empty());
            let cells = record.iter().enumerate().filter(|(_, cell)| !cell.is_empty());
            let told = cells.map(|(at, cell)| name(at).map_or(cell.to_owned(), |name| format!("{name} {cell}")));
            rows.push(told.collect::<Vec<_>>().join(", "));
        }
    }
    Ok(rows)
}

/// Lines of a map or of JSON.
fn of_lines(path: &Path, fits: &dyn Fn(&str) -> bool) -> anyhow::Result<Vec<String>> {
    let mut rows = Vec::new();
    for line in BufReader::new(File::open(path)?).split(b'\n') {
        let line = line?;
        match serde_json::from_slice::<Value>(&line) {
            Ok(value) => of_json(&value, "", fits, &mut rows),
            Err(_) => {
                let line = String::from_utf8_lossy(&line);
                rows.extend(line.split_whitespace().any(fits).then(|| line.trim().to_owned()));
            }
        }
    }
    Ok(rows)
}

/// What of a JSON value names somebody: an object with such a cell, or an element of a list.
fn of_json(value: &Value, key: &str, fits: &dyn Fn(&str) -> bool, rows: &mut Vec<String>) {
    match value {
        Value::String(text) if fits(text) => rows.push(format!("{key} {text}").trim_start().to_owned()),
        Value::Array(elements) => elements.iter().for_each(|element| of_json(element, key, fits, rows)),
        Value::Object(object) => {
            let names = object.values().any(|cell| cell.as_str().is_some_and(fits));
            let cells = object.iter().filter_map(|(key, cell)| Some(format!("{key} {}", cell.as_str()?)));
            match names {
                true => rows.push(cells.collect::<Vec<_>>().join(", ")),
                false => object.iter().for_each(|(key, cell)| of_json(cell, key, fits, rows)),
            }
        }
        _ => {}
    }
}

/// A cell of quarantine.csv is a JSON string.
fn unquoted(cell: &str) -> String {
    serde_json::from_str(cell).unwrap_or_else(|_| cell.to_owned())
}

/// The files below a folder, sorted, each behind `prefix`. A night without lists has none.
fn files_below(folder: &Path, prefix: &str) -> anyhow::Result<Vec<String>> {
    let mut files = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(files) };
    for entry in entries {
        let entry = entry.with_context(|| folder.display().to_string())?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        match entry.file_type()?.is_dir() {
            true => files.extend(files_below(&entry.path(), &format!("{name}/"))?),
            false => files.push(name),
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_named_is_found_in_every_form_of_file() {
        let night = tempfile::tempdir().unwrap();
        let files = [
            (
                "suppression/addresses.csv",
                "email,cause\nAnn@example.com,mailbox_unknown\n",
                "email Ann@example.com, cause mailbox_unknown",
            ),
            ("release/ses/delete.csv", "ann@example.com\nbea@example.com\n", "ann@example.com"),
            ("suppression/ses/put.csv", "bea@example.com,BOUNCE\nann@example.com,BOUNCE\n", "ann@example.com, BOUNCE"),
            (
                "suppression/ses/put.ndjson",
                "{\"emailAddress\":\"ann@example.com\",\"reason\":\"BOUNCE\"}\n",
                "emailAddress ann@example.com, reason BOUNCE",
            ),
            (
                "suppression/sendgrid/add.json",
                "{\"recipient_emails\":[\"bea@example.com\",\"ann@example.com\"]}\n",
                "recipient_emails ann@example.com",
            ),
            (
                "review/braked/postfix/addresses_add",
                "ann@example.com REJECT mailbox_unknown\n",
                "ann@example.com REJECT mailbox_unknown",
            ),
            (
                "review/quarantine.csv",
                "list,column,value,evidence\nheld.csv,value,\"\"\"ann@example.com\"\"\",x\n",
                "list held.csv, column value, value \"ann@example.com\", evidence x",
            ),
        ];
        for (file, text, _) in files {
            let path = night.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let found = of(night.path(), &|cell| cell.to_lowercase() == "ann@example.com").unwrap();
        let mut want: Vec<String> = files.iter().map(|(file, _, row)| format!("  {file}: {row}")).collect();
        want.sort_by_key(|row| {
            (["suppression", "release", "review"].iter().position(|f| row.contains(f)), row.clone())
        });
        let mut sorted = found.clone();
        sorted.sort_by_key(|row| {
            (["suppression", "release", "review"].iter().position(|f| row.contains(f)), row.clone())
        });
        assert_eq!(sorted, want);
        assert_eq!(of(night.path(), &|cell| cell == "n@example.com").unwrap(), Vec::<String>::new());
    }
}
