//! The night of the examples in targets.toml: an address that is unknown, one that complained, a domain that refuses us, and one
//! address and one domain that come off.

use polars::prelude::{DataFrame, IntoColumn, NamedFrom, Series};

use super::entries::Cells;
use super::form::Sheet;
use crate::suppress::{ADDRESSES, DOMAINS};
use crate::tables::targets::{Change, Holds, Target};
use crate::tables::{Row, TableError};

const LISTED: &str =
    "Ann@example.com,mailbox_unknown,r1,550,5.1.1,2026-11-20,2026-11-20T01:02:03Z,2026-11-20T01:02:03Z,1,,,a.csv#0
o'neil+x@example.net,complaint,,,,2026-11-20,2026-11-20T02:00:00Z,2026-11-20T02:00:00Z,1,,,a.csv#1";
const DOMAIN: &str = "example.org,example.org,I1,tenant_policy,organisation,,9,9,,2027-02-18,a.csv#2";

/// What is wrong with a target: a body that is none, a placeholder that nothing fills, an example that does not come true.
///
/// # Errors
/// The first of them, at the target's place.
pub fn check(row: &Row<Target>) -> Result<(), TableError> {
    row.value.files.iter().try_for_each(|file| {
        let told = |what: String| row.error(format!("{}: {what}", file.name));
        let sheet = Sheet::of(file, &row.value.reasons).map_err(|error| told(error.to_string()))?;
        let Some(want) = &file.example else { return Ok(()) };
        let made = text(&sheet).map_err(|error| told(error.to_string()))?;
        if made == *want { Ok(()) } else { Err(told(format!("its example is {want:?}, and it makes {made:?}"))) }
    })
}

/// What a file is on that night, for everybody's mail.
///
/// # Errors
/// What writing it says.
fn text(sheet: &Sheet<'_>) -> anyhow::Result<String> {
    let (holds, add) = (sheet.file.holds, sheet.file.change == Change::Add);
    let frame = match (add, holds) {
        (true, Holds::Domains) => frame(DOMAINS, DOMAIN),
        (true, _) => frame(ADDRESSES, LISTED),
        (false, Holds::Domains) => frame("domain", "back.example"),
        (false, _) => frame("email", "back@example.com"),
    }?;
    let cells = Cells::of(&frame)?;
    let entries: Vec<_> = cells.entries().filter(|e| !add || holds == Holds::Domains || e.is(holds)).collect();
    let mut text = Vec::new();
    sheet.write(&entries, "", &mut text)?;
    Ok(String::from_utf8(text)?)
}

fn frame(header: &str, rows: &str) -> anyhow::Result<DataFrame> {
    let cells = |at| rows.lines().map(|row| row.split(',').nth(at).unwrap_or_default()).collect::<Vec<_>>();
    let column = |(at, name): (usize, &str)| Series::new(name.into(), cells(at)).into_column();
    Ok(DataFrame::new_infer_height(header.split(',').enumerate().map(column).collect())?)
}
