//! Nights without contrast: one IP, one domain, one campaign. What unrelated voices say of us is found, whoever says it, and no
//! organisation is blamed for it.

use super::clauses::{number, refuse};
use super::*;

/// Sixty companies with servers of their own, four mails each, from one IP, one domain, one campaign.
fn only_one() -> Vec<Mail> {
    let mut mails = company(0..60, 4, |_, _| None);
    for mail in &mut mails {
        (mail.ip, mail.domain, mail.campaign) = ("192.0.2.1".into(), "news.example", "c0".into());
        mail.host = "";
    }
    mails
}

#[test]
fn unrelated_voices_that_say_the_same_are_an_incident_on_what_they_name() {
    for (cause, of, want) in [
        (Cause::Authentication, 3, "authentication_failure sending_domain news.example medium"),
        (Cause::Authentication, 8, "authentication_failure sending_domain news.example high"),
        (Cause::IpReputation, 5, "ip_reputation sending_ip 192.0.2.1 medium"),
        (Cause::DomainReputation, 12, "domain_reputation sending_domain news.example high"),
        (Cause::Content, 6, "content_rejection campaign c0 medium"),
    ] {
        let mut mails = only_one();
        refuse(&mut mails, cause, |m| number(m) < of);
        assert_eq!(found(&judged(&mails, true)), [want], "{cause} of {of}");
    }
}

#[test]
fn two_voices_are_a_word_to_look_it_up_and_one_is_none() {
    for (of, want) in [(2, vec!["authentication_failure sending_domain news.example low"]), (1, vec![])] {
        let mut mails = only_one();
        // One mail of four: the company takes the others.
        let mut seen = std::collections::BTreeMap::new();
        refuse(&mut mails, Cause::Authentication, |m| {
            let nth = seen.entry(number(m)).or_insert(0);
            *nth += 1;
            number(m) < of && *nth == 1
        });
        assert_eq!(found(&judged(&mails, true)), want, "{of}");
    }
}

#[test]
fn customers_of_one_receiver_are_one_voice() {
    let mut mails = only_one();
    for mail in mails.iter_mut().filter(|m| number(m) < 20) {
        mail.host = "mimecast";
    }
    // Four of twenty: strays of one gateway, no five opinions.
    refuse(&mut mails, Cause::Content, |m| number(m) < 4);
    let incidents = found(&judged(&mails, true));
    assert!(!incidents.iter().any(|i| i.starts_with("content_rejection")), "{incidents:?}");
}

#[test]
fn without_deliveries_witnesses_are_never_sure() {
    let mut mails = only_one();
    refuse(&mut mails, Cause::Authentication, |m| number(m) < 30);
    let incidents = found(&judged(&mails, false));
    assert_eq!(incidents, ["authentication_failure sending_domain news.example medium"]);
}
