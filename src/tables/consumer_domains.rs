//! Rows of consumer_domains.toml, and the look-up by domain that both wings use.
//! In: a recipient's domain. Out: the receiver of the mailbox provider that anyone may join there, or nothing.

use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use super::host_map::HostMap;
use super::{Table, TableError, load};

/// One row.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consumer {
    /// The receiver that serves the domains.
    pub receiver: String,
    /// Lower-case domains.
    pub domains: Vec<String>,
    /// Where the row's knowledge comes from.
    pub source: String,
}

impl Table for Consumer {
    const FILE: &'static str = "consumer_domains.toml";
    const KEY: &'static str = "consumer";
    const BUILT_IN: &'static str = include_str!("consumer_domains.toml");
}

/// All consumer domains.
#[derive(Debug)]
pub struct ConsumerDomains {
    receiver_of: HostMap<Arc<str>>,
}

impl ConsumerDomains {
    /// Loads the table, a user's rows first.
    ///
    /// # Errors
    /// A file that does not read, or a domain that is not in lower case.
    pub fn load(user_tables: Option<&Path>) -> Result<ConsumerDomains, TableError> {
        let mut receiver_of = HostMap::<Arc<str>>::default();
        for row in load::<Consumer>(user_tables)? {
            let receiver: Arc<str> = row.value.receiver.as_str().into();
            for domain in &row.value.domains {
                if crate::bounce::domain_key(domain).as_ref() != Some(domain) {
                    return Err(row.error(format!(
                        "domain \"{domain}\" must be a plain lower-case domain, such as \"example.com\""
                    )));
                }
                receiver_of.entry(domain).get_or_insert_with(|| receiver.clone());
            }
        }
        Ok(ConsumerDomains { receiver_of })
    }

    /// The receiver behind a consumer domain, such as `google` for `gmail.com`; `None` for every other domain.
    /// `domain` is in A-labels.
    pub fn provider_of(&self, domain: &str) -> Option<&str> {
        self.receiver_of.get(domain).map(|name| &**name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consumer_domain_names_its_provider_and_a_company_has_none() {
        let domains = ConsumerDomains::load(None).unwrap();
        for (domain, want) in [
            ("gmail.com", Some("google")),
            ("hotmail.co.uk", Some("outlook_consumer")),
            ("yahoo.com.br", Some("yahoo")),
            ("web.de", Some("webde")),
            ("163.com", Some("netease")),
            ("example.com", None),
            ("mail.gmail.com", None),
            ("google.com", None),
        ] {
            assert_eq!(domains.provider_of(domain), want, "{domain}");
        }
    }

    #[test]
    fn a_domain_stands_once() {
        let mut seen = std::collections::HashMap::new();
        for row in load::<Consumer>(None).unwrap() {
            for domain in &row.value.domains {
                let earlier = seen.insert(domain.clone(), row.line);
                assert_eq!(earlier, None, "{}:{}: {domain}", row.file, row.line);
            }
        }
    }

    #[test]
    fn a_domain_in_upper_case_is_an_error_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let text = "[[consumer]]\nreceiver = \"x\"\nsource = \"x\"\ndomains = [\"Example.com\"]\n";
        std::fs::write(dir.path().join(Consumer::FILE), text).unwrap();
        let error = ConsumerDomains::load(Some(dir.path())).unwrap_err();
        assert_eq!(error.line, 1);
    }
}
