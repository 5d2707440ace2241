//! Splitting delimited files: the same records as the csv crate finds in the whole, wherever the pieces end.

use proptest::prelude::*;

use super::contract::Cutter;
use super::csv::RowCutter;
use crate::source::Item;

/// The rows and the number of rejects, of data that arrives so many bytes at a time.
fn rows_in_pieces(data: &[u8], piece: usize) -> Vec<(u64, Option<Vec<String>>)> {
    let mut cutter = RowCutter::new(b',');
    let mut rows = Vec::new();
    let (mut taken, mut arrived, mut first) = (0, 0, 0);
    loop {
        arrived = data.len().min(arrived + piece);
        let end = arrived == data.len();
        let upto = cutter.cut(&data[taken..arrived], end);
        let (chunk, count) = cutter.take("f".into(), first, data[taken..taken + upto].to_vec());
        first += count;
        chunk.visit(1 << 20, &mut |item| match item {
            Ok(Item::Row { origin, header, record }) => {
                let cells = (0..header.names.len()).filter_map(|at| record.get(at)).map(str::to_owned).collect();
                rows.push((origin.index, Some(cells)));
            }
            Ok(_) => {}
            Err(refused) => rows.push((refused.reject().origin.index, None)),
        });
        taken += upto;
        if end && (upto == 0 || taken == data.len()) {
            assert_eq!(taken, data.len(), "something is left");
            return rows;
        }
    }
}

/// What the csv crate says of the whole.
fn rows_of_the_whole(data: &[u8]) -> Vec<(u64, Option<Vec<String>>)> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(data);
    let records: Vec<Vec<String>> =
        reader.records().map(|record| record.expect("text").iter().map(str::to_owned).collect()).collect();
    let Some((header, rows)) = records.split_first() else { return Vec::new() };
    let trimmed = |cells: &[String]| cells.iter().map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    (0..)
        .zip(rows)
        .filter(|(_, row)| {
            !(row[0] == *trimmed(header)[0] || row[0].trim() == header[0].trim()) || trimmed(row) != trimmed(header)
        })
        .map(|(index, row)| (index, (row.len() == header.len()).then(|| row.clone())))
        .collect()
}

/// Whether the last field is opened by a quote and not closed; then we go our own way.
fn ends_open(data: &[u8]) -> bool {
    let (mut quoted, mut at_start) = (false, true);
    let mut bytes = data.iter().peekable();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'"' if quoted && bytes.peek() == Some(&&b'"') => drop(bytes.next()),
            b'"' if quoted => quoted = false,
            b'"' if at_start => quoted = true,
            _ => {}
        }
        at_start = !quoted && matches!(byte, b',' | b'\n' | b'\r');
    }
    quoted
}

#[test]
fn a_header_with_other_columns_holds_from_there_wherever_the_pieces_end() {
    let text = "type,rcpt,diag\nb,a@example.com,550\ntype,rcpt,diag\nb,b@example.com,551\ntype,logged,rcpt\nb,17,c@example.com\ntype,x\n";
    for piece in [1, 7, 40, text.len()] {
        let rows: Vec<_> =
            rows_in_pieces(text.as_bytes(), piece).into_iter().map(|row| (row.0, row.1.map(|r| r.join(" ")))).collect();
        let row = |index, cells: &str| (index, Some(cells.to_owned()));
        let want =
            [row(0, "b a@example.com 550"), row(2, "b b@example.com 551"), row(4, "b 17 c@example.com"), (5, None)];
        assert_eq!(rows, want, "in pieces of {piece}");
    }
}

fn csvish() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "a",
        "b,",
        ",",
        "\"",
        "\"\"",
        "\"x,\"",
        "\n",
        "\r\n",
        "\r",
        "\n\n",
        "\"q\nr\",z",
        "n,m\n",
    ]);
    prop::collection::vec(piece, 0..30).prop_map(|pieces| format!("n,m\n{}", pieces.concat()).into_bytes())
}

proptest! {
    #[test]
    fn pieces_give_the_records_that_the_csv_crate_finds_in_the_whole(data in csvish(), piece in 1_usize..40) {
        let data = if ends_open(&data) { [data.as_slice(), b"\"\n"].concat() } else { data };
        let want = rows_of_the_whole(&data);
        // Empty fields beyond the header are ours to drop.
        let lenient = |rows: Vec<(u64, Option<Vec<String>>)>| {
            rows.into_iter().zip(&want).map(|(row, want)| if want.1.is_none() { (row.0, None) } else { row }).collect::<Vec<_>>()
        };
        for size in [piece, data.len()] {
            let rows = rows_in_pieces(&data, size);
            prop_assert_eq!(rows.len(), want.len());
            prop_assert_eq!(&lenient(rows), &want);
        }
    }
}
