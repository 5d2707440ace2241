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
    /// Lower-case domains; `.x` is x and every domain below it.
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
    providers: HostMap<Provider>,
}

/// Who serves a domain.
#[derive(Debug)]
struct Provider {
    receiver: Arc<str>,
    /// Whether it serves the domains below it too.
    below: bool,
}

impl ConsumerDomains {
    /// Loads the table, a user's rows first.
    ///
    /// # Errors
    /// A file that does not read, or a domain that is not in lower case.
    pub fn load(user_tables: Option<&Path>) -> Result<ConsumerDomains, TableError> {
        let mut providers = HostMap::<Provider>::default();
        for row in load::<Consumer>(user_tables)? {
            let receiver: Arc<str> = row.value.receiver.as_str().into();
            for spelled in &row.value.domains {
                let domain = spelled.strip_prefix('.').unwrap_or(spelled);
                if crate::bounce::domain_key(domain).as_deref() != Some(domain) {
                    return Err(row.error(format!(
                        "domain \"{spelled}\" must be a plain lower-case domain, such as \"example.com\", or \".example.com\" for it and what lies below it"
                    )));
                }
                let provider = || Provider { receiver: receiver.clone(), below: domain.len() < spelled.len() };
                providers.entry(domain).get_or_insert_with(provider);
            }
        }
        Ok(ConsumerDomains { providers })
    }

    /// The receiver behind a consumer domain, such as `google` for `gmail.com`; `None` for every other domain.
    /// `domain` is in A-labels.
    pub fn provider_of(&self, domain: &str) -> Option<&str> {
        let serves = |(at, provider): &(usize, &Provider)| *at == 0 || provider.below;
        self.providers.suffixes(domain).filter(serves).last().map(|(_, provider)| &*provider.receiver)
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
            ("nyc.rr.com", Some("charter")),
            ("ms17.hinet.net", Some("hinet")),
            ("xhinet.net", None),
            ("alpha.ocn.ne.jp", Some("ocn")),
            ("staff.wanadoo.nl", None),
            ("example.com", None),
            ("mail.gmail.com", None),
            ("google.com", None),
        ] {
            assert_eq!(domains.provider_of(domain), want, "{domain}");
        }
    }

    #[test]
    fn private_mailboxes_of_every_country_are_nobodys_company() {
        let domains = ConsumerDomains::load(None).unwrap();
        let some_of_each = "bitel.net mnet-mail.de teledisnet.be pandora.be quickline.ch liwest.at zeelandnet.nl zonnet.nl estvideo.fr \
            netcourrier.com fastwebnet.it katamail.com ya.com clix.pt neostrada.pl upcpoczta.pl tiscali.cz pobox.sk t-online.hu \
            clicknet.ro otenet.gr siol.net eunet.rs takas.lt hot.ee swipnet.se getmail.no webspeed.dk welho.com simnet.is \
            oceanfree.net force9.co.uk karoo.co.uk manx.net mchsi.com fuse.net ptd.net sasktel.net fibertel.com.ar vtr.net \
            cantv.net prodigy.net.mx ibest.com.br ozemail.com.au paradise.net.nz vsnl.net nate.com netvigator.com 189.cn meta.ua \
            pochta.ru ttmail.com netvision.net.il mweb.co.za emirates.net.ae lawyer.com warpmail.net startmail.com addy.io";
        let missing: Vec<&str> = some_of_each.split_whitespace().filter(|d| domains.provider_of(d).is_none()).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn a_domain_stands_once() {
        let mut seen = std::collections::HashMap::new();
        for row in load::<Consumer>(None).unwrap() {
            for domain in &row.value.domains {
                let earlier = seen.insert(domain.trim_start_matches('.').to_owned(), row.line);
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
