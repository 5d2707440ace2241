//! Small words: numbers, shares, names and times as people read them. In: values. Out: text.

use crate::bounce::{Cause, IncidentKind, Timestamp};

/// `1,900`.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `79 %`, `4.6 %`, `0.02 %`.
pub fn percent(share: f64) -> String {
    let p = share * 100.0;
    let text = if p == 0.0 || p >= 9.95 {
        format!("{p:.0}")
    } else if p >= 0.095 {
        format!("{p:.1}")
    } else {
        format!("{p:.2}")
    };
    format!("{text} %")
}

/// `95 % interval 75 % to 81 %`.
pub fn interval(bounds: Option<(f64, f64)>) -> String {
    bounds.map_or_else(String::new, |(low, high)| format!("95 % interval {} to {}", percent(low), percent(high)))
}

/// The name of a receiver or a list for people: `exchange_online` is Exchange Online, `spamhaus_zen` Spamhaus ZEN.
pub fn display(name: &str) -> String {
    let word = |(at, word): (usize, &str)| {
        let short = word.len() <= 3 || (at > 0 && word.len() <= 4);
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if !short => first.to_uppercase().chain(letters).collect(),
            _ => word.to_uppercase(),
        }
    };
    name.split('_').enumerate().map(word).collect::<Vec<String>>().join(" ")
}

/// `2026-11-20 02:10 UTC`.
pub fn time(at: Timestamp) -> Option<String> {
    Some(jiff::Timestamp::from_millisecond(at.0).ok()?.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

/// What replies of a cause name.
pub const fn named(cause: Cause) -> &'static str {
    match cause {
        Cause::IpReputation => "the reputation of our IP",
        Cause::DomainReputation => "the reputation of our domain",
        Cause::Authentication => "authentication",
        Cause::Content | Cause::Virus => "content",
        Cause::TenantPolicy => "a rule of the recipient's side",
        Cause::RelayDenied => "relaying",
        Cause::SenderRejected => "our sender",
        Cause::MailboxUnknown | Cause::MailboxDisabled => "an unknown or closed mailbox",
        Cause::DomainInvalid => "a dead domain",
        Cause::RateLimited => "too much mail",
        Cause::Greylisted => "greylisting",
        Cause::Network | Cause::Tls => "the connection",
        _ => "no reason",
    }
}

/// The next step for a person.
pub const fn next_step(kind: IncidentKind) -> &'static str {
    match kind {
        IncidentKind::TenantBlock => "stop mailing it; do not try other identities",
        IncidentKind::IpReputation => "pause the IP and have it delisted",
        IncidentKind::DomainReputation => "pause the domain and find what hurt it",
        IncidentKind::ProviderBlock | IncidentKind::GatewayBlock => "slow down there and write to its postmaster",
        IncidentKind::AuthenticationFailure => "pause the domain and repair SPF, DKIM and DMARC",
        IncidentKind::ContentRejection => "stop the campaign and change its content",
        IncidentKind::RelaySetup => "stop and repair the relay or connector",
        IncidentKind::FleetReputation => "stop all sending and test one mailbox at a time",
        IncidentKind::ListQuality => "stop it and verify where the addresses came from",
        IncidentKind::Transient => "retry later",
        IncidentKind::StaleDomain => "verify its addresses",
        IncidentKind::Inconclusive => "hold and look again tomorrow",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        let numbers: Vec<String> = [0, 12, 999, 1900, 1_000_000].map(number).into();
        assert_eq!(numbers, ["0", "12", "999", "1,900", "1,000,000"]);
        let shares: Vec<String> = [0.0, 0.0002, 0.002, 0.046, 0.79, 1.0].map(percent).into();
        assert_eq!(shares, ["0 %", "0.02 %", "0.2 %", "4.6 %", "79 %", "100 %"]);
    }

    #[test]
    fn names_read_as_their_owners_write_them() {
        let names: Vec<String> =
            ["exchange_online", "google", "gmx", "spamhaus_zen", "cisco_ironport", ""].map(display).into();
        assert_eq!(names, ["Exchange Online", "Google", "GMX", "Spamhaus ZEN", "Cisco Ironport", ""]);
    }

    #[test]
    fn a_time_that_no_calendar_holds_is_left_out() {
        assert_eq!(time(Timestamp(1_790_000_000_000)).as_deref(), Some("2026-09-21 14:13 UTC"));
        assert_eq!(time(Timestamp(i64::MAX)), None);
    }
}
