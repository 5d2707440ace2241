//! Lists as people save them: each spelling, delimiter and fault.

use super::*;

fn file(text: impl AsRef<[u8]>) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

fn sources(text: impl AsRef<[u8]>) -> Result<Vec<(String, String)>, String> {
    let (file, mut rows) = (file(text), Vec::new());
    let take = |row: Contact<'_>| {
        rows.push((row.email.to_owned(), row.list_source.to_owned()));
        Ok(())
    };
    let read = list_sources(file.path(), take).map_err(|error| format!("{error:#}"));
    read.map(|()| rows).map_err(|error| error.replace(&file.path().display().to_string(), "FILE"))
}

fn subjects_of(text: &str) -> Result<Vec<String>, String> {
    let (file, mut found) = (file(text), Vec::new());
    let take = |subject| match subject {
        Subject::Address(address) => found.push(address.as_str().to_owned()),
        Subject::Domain(domain) => found.push(domain),
    };
    subjects(file.path(), take).map_err(|error| format!("{error:#}")).map(|()| found)
}

#[test]
fn a_list_is_read_whatever_its_spelling_and_its_delimiter() {
    for text in [
        "email,list_source\nann@example.com,fair\n",
        "recipient,source\nann@example.com,fair\n",
        "Address;Source\r\nann@example.com;fair\r\n",
        "\u{feff}Email;List_Source\nann@example.com;fair\n",
        "\u{feff}\"Email\";\"List Source\"\n\"ann@example.com\";\"fair\"\n",
        "list-source\tE\temail\nfair\tx\tann@example.com\n",
        "name,recipient,list_source\n\"Ann,\nof \"\"two\"\" lines\",ann@example.com,fair\n",
        "\"name; of the person\"\tsource\temail\nAnn\tfair\tann@example.com\n",
        "email, list_source\n\n ann@example.com , fair \n , \n",
        "address,email,list_source\n12 Main Street,ann@example.com,fair\n",
        "email,list_source,email\nann@example.com,fair,other@example.com\n",
        "email,list_source\nann@example.com,fair",
    ] {
        let rows = sources(text).map(|rows| rows.into_iter().filter(|row| !row.0.is_empty()).collect::<Vec<_>>());
        assert_eq!(rows, Ok(vec![("ann@example.com".to_owned(), "fair".to_owned())]), "{text}");
    }
}

#[test]
fn what_is_wrong_is_told_with_file_and_line() {
    let open = format!("email,list_source\na@example.com,\"fair\n{}", "b@example.com,crm\n".repeat(9_000));
    for (text, want) in [
        (&b""[..], "FILE:1: it is empty; the first line must be email,list_source"),
        (b"mail,list_source\n", "FILE:1: no column \"email\" or \"recipient\" or \"address\"; the first line must be"),
        (b"email\n", "FILE:1: no column \"list_source\" or \"source\"; the first line must be email,list_source"),
        (b"email,list_source\na@example.com,b\xe9\n", "FILE:2: is not UTF-8"),
        (open.as_bytes(), "FILE:2: a row of more than 64 kB: a quote that is opened in it is not closed"),
    ] {
        let told = sources(text).unwrap_err();
        assert!(told.starts_with(want), "{told}");
    }
    let told = format!("{:#}", addresses(Path::new("none.csv"), |_| Ok(())).unwrap_err());
    assert!(told.starts_with("none.csv: cannot be read"), "{told}");
}

#[test]
fn a_short_row_has_empty_cells() {
    assert_eq!(sources("email,list_source\na@example.com\n"), Ok(vec![("a@example.com".to_owned(), String::new())]));
}

#[test]
fn the_line_of_a_fault_counts_the_lines_of_quoted_cells() {
    let file = file("domain,organisation\nexample.com,\"two\nlines\"\nexample.net,\n");
    let wrong = |row: Tenant<'_>| if row.organisation.is_empty() { Err("none".to_owned()) } else { Ok(()) };
    assert!(tenants(file.path(), wrong).unwrap_err().to_string().ends_with(":4: none"));
}

#[test]
fn a_list_of_subjects_has_a_header_or_none() {
    for text in [
        "Ann@example.com\nexample.org\n",
        "# our partners, and friends; all\nAnn@example.com\n\nexample.org,our partner\n",
        "email\nAnn@example.com\nexample.org\n",
        "name;Recipient\nAnn;Ann@example.com\nBo;example.org\n",
        "email,domain\nAnn@example.com,example.net\n,example.org\n",
        "\u{feff}recipient_domain\tnote\nAnn@example.com\tx\nexample.org\ty\n",
    ] {
        assert_eq!(subjects_of(text), Ok(vec!["Ann@example.com".to_owned(), "example.org".to_owned()]), "{text}");
    }
    for text in ["not an address\n", "email\nann@example.com\nnot an address\n"] {
        let line = text.lines().count();
        assert!(subjects_of(text).unwrap_err().contains(&format!(":{line}: neither an address nor a domain")));
    }
}
