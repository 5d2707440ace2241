//! The promise about present lists, over generated ones: formats x words of reason x times x expiry x what the night says. Nothing that
//! complained, unsubscribed, was put there by hand, or has no reason or no time, ever comes off; what is a bounce with a time and took mail
//! since does.

use std::fmt::Write as _;
use std::fs;

use proptest::prelude::*;

use crate::present::{released, removed};
use crate::program::bouncescope;

/// Words that are bounces, by format.
const BOUNCES: [&[&str]; FORMATS] = [
    &["BOUNCE"],
    &["550 5.1.1 no mailbox here", "452 4.2.2 full"],
    &["HardBounce"],
    &["Bounce Rule"],
    &["hardBounce", "softBounce"],
    &["mailbox_unknown", "mailbox_full", "tenant_policy"],
    &["bounced", "Hard Bounce", "550 no"],
];
/// Words that are none; the last ones no table knows.
const WISHES: &[&str] = &[
    "COMPLAINT",
    "complaint",
    "SpamComplaint",
    "Spam Complaint",
    "spam",
    "contactFlaggedAsSpam",
    "unsubscribed",
    "List Unsubscribe",
    "unsubscribedViaEmail",
    "opt-out",
    "manual",
    "ManualSuppression",
    "Manually Added",
    "adminBlocked",
    "Customer",
    "custom",
    "554 5.7.1 recipient address was suppressed due to customer policy",
    "550 the recipient unsubscribed",
    "bounce after a complaint",
    "Ünbekannt",
    "x",
    "not a bounce",
    "bounce?",
    "unknown",
];
const FORMATS: usize = 7;

/// What a time of an entry may be; deliveries are of 2026-11-20T09:30Z.
const TIMES: &[&str] =
    &["", "2026-03-04T05:06:07Z", "2026-03-04", "2026-11-20T09:30:00Z", "2026-11-21T00:00:00Z", "once", "2026-11-20"];
/// Those after which the delivery comes.
const EARLIER: &[&str] = &["2026-03-04T05:06:07Z"];
const EXPIRES: &[&str] = &["", "2026-11-01", "2026-11-20", "2027-01-01"];

/// Further columns: a name, a cell, and what it does to the entry.
const FURTHER: &[(&str, &str, Further)] = &[
    ("company", "Example Ltd", Further::Nothing),
    ("id", "k-17", Further::Nothing),
    ("unsubscribed", "false", Further::Nothing),
    ("company", "", Further::Nothing),
    ("unsubscribed", "true", Further::Keeps),
    ("unsubscribed_at", "2026-01-01T00:00:01Z", Further::Keeps),
    ("complaint", "1", Further::Keeps),
    ("note", "asked by phone to be removed", Further::Keeps),
    ("note", "met at the fair", Further::Keeps),
    ("flavour", "vanilla", Further::Keeps),
    ("tags", "vip", Further::Keeps),
    ("updated_at", "2026-11-20T10:00:00Z", Further::Later),
    ("updated_at", "2026-11-19", Further::Later),
];

/// What a further column does.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Further {
    Nothing,
    /// The entry stays whatever the night says.
    Keeps,
    /// No delivery of the night is later than the entry.
    Later,
}

#[derive(Debug, Clone)]
struct Entry {
    format: usize,
    /// A word that means a bounce, or none of the kind; `None`: the list gives no reason.
    word: Option<(bool, usize)>,
    time: usize,
    expires: usize,
    delivered: bool,
    /// Refused for a reason of ours, dead, neither.
    bounce: usize,
    /// Of `FURTHER`.
    further: usize,
}

impl Entry {
    fn word(&self) -> &'static str {
        match self.word {
            None => "",
            Some((true, at)) => BOUNCES[self.format][at % BOUNCES[self.format].len()],
            Some((false, at)) => WISHES[at % WISHES.len()],
        }
    }

    fn is_bounce(&self) -> bool {
        matches!(self.word, Some((true, _)))
    }

    fn further(&self) -> (&'static str, &'static str, Further) {
        FURTHER[self.further]
    }

    /// Only our own lists, and those kept by hand, have an expiry.
    fn expires(&self) -> &'static str {
        if self.format >= 5 { EXPIRES[self.expires] } else { "" }
    }

    fn may_go(&self) -> bool {
        let expired = !matches!(self.expires(), "" | "2027-01-01");
        let timed = match TIMES[self.time] {
            "" => self.further().2 == Further::Later,
            time => time != "once",
        };
        self.is_bounce() && self.further().2 != Further::Keeps && (timed || expired)
    }

    fn must_go(&self) -> bool {
        let earlier = EARLIER.contains(&TIMES[self.time]);
        let nothing = self.further().2 == Further::Nothing;
        self.is_bounce() && self.delivered && earlier && self.bounce != 1 && nothing
    }
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let word = prop_oneof![1 => Just(None), 3 => (Just(true), 0..9_usize).prop_map(Some), 4 => (Just(false), 0..64_usize).prop_map(Some)];
    let entry = (0..FORMATS, word, 0..TIMES.len(), 0..EXPIRES.len(), any::<bool>(), 0..3_usize, 0..2 * FURTHER.len())
        .prop_map(|(format, word, time, expires, delivered, bounce, further)| {
            let further = further % FURTHER.len() % if further < FURTHER.len() { 4 } else { FURTHER.len() };
            Entry { format, word, time, expires, delivered, bounce, further }
        });
    proptest::collection::vec(entry, 1..60)
}

/// The lists of all formats, by file.
fn lists(entries: &[Entry]) -> Vec<(&'static str, String)> {
    let rows = |format: usize, row: &dyn Fn(&str, &Entry) -> String| -> Vec<String> {
        let own = entries.iter().enumerate().filter(|(_, entry)| entry.format == format);
        own.map(|(at, entry)| row(&address(at), entry)).collect()
    };
    let json = |format, keys: [&str; 3]| {
        let object = |who: &str, entry: &Entry| {
            let (name, cell, _) = entry.further();
            serde_json::json!({ keys[0]: who, keys[1]: entry.word(), keys[2]: TIMES[entry.time], name: cell })
                .to_string()
        };
        rows(format, &object).join(",")
    };
    let brevo = rows(4, &|who, entry| {
        let (name, cell, _) = entry.further();
        serde_json::json!({ "email": who, "reason": { "code": entry.word() }, "blockedAt": TIMES[entry.time], name: cell })
            .to_string()
    });
    let sparkpost = rows(3, &|who, entry| {
        let (name, cell, _) = entry.further();
        serde_json::json!({ "recipient": who, "type": "transactional", "source": entry.word(), "created": TIMES[entry.time], name: cell }).to_string()
    });
    let names: std::collections::BTreeSet<&str> = FURTHER.iter().map(|(name, ..)| *name).collect();
    let further = |e: &Entry, delimiter: &str| -> String {
        let cell = |name: &&str| if e.further().0 == *name { e.further().1 } else { "" };
        names.iter().map(|name| format!("{delimiter}{}", cell(name))).collect()
    };
    let head = |delimiter: &str| names.iter().map(|name| format!("{delimiter}{name}")).collect::<String>();
    let own = rows(5, &|who, e| {
        format!("{who},\"{}\",,,,,{},1,{},x{}", e.word(), TIMES[e.time], e.expires(), further(e, ","))
    });
    let kept =
        rows(6, &|who, e| format!("{who};\"{}\";{};{}{}", e.word(), TIMES[e.time], e.expires(), further(e, ";")));
    vec![
        (
            "ses.json",
            format!(
                "{{\"SuppressedDestinationSummaries\":[{}]}}",
                json(0, ["EmailAddress", "Reason", "LastUpdateTime"])
            ),
        ),
        ("sendgrid.json", format!("[{}]", json(1, ["email", "reason", "created"]))),
        (
            "postmark.json",
            format!("{{\"Suppressions\":[{}]}}", json(2, ["EmailAddress", "SuppressionReason", "CreatedAt"])),
        ),
        ("sparkpost.json", format!("{{\"results\":[{}]}}", sparkpost.join(","))),
        ("brevo.json", format!("{{\"contacts\":[{}]}}", brevo.join(","))),
        (
            "own.csv",
            format!(
                "email,cause,rule,reply_code,status,first_seen,last_seen,bounces,expires,evidence{}\n{}\n",
                head(","),
                own.join("\n")
            ),
        ),
        ("kept.csv", format!("email;reason;added;expires{}\n{}\n", head(";"), kept.join("\n"))),
    ]
}

fn address(at: usize) -> String {
    format!("r{at}@corp{}.example", at % 7)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_but_a_bounce_with_a_time_or_an_end_ever_comes_off(entries in entries()) {
        let dir = tempfile::tempdir().expect("a folder");
        let mut bounces = "recipient,timestamp,diagnostic_code\nnobody@else.example,2026-11-20T01:00:00Z,550 5.1.1 user unknown\n".to_owned();
        let mut delivered = "recipient,timestamp\nsomebody@else.example,2026-11-20T09:30:00Z\n".to_owned();
        for (at, entry) in entries.iter().enumerate() {
            let who = address(at);
            if entry.delivered {
                writeln!(delivered, "{who},2026-11-20T09:30:00Z").expect("written");
            }
            let reply = ["554 5.7.1 client host [192.0.2.7] blocked using zen.spamhaus.org", "550 5.1.1 user unknown"];
            if let Some(reply) = reply.get(entry.bounce) {
                writeln!(bounces, "{who},2026-11-20T09:{}:00Z,{reply}", if entry.bounce == 0 { 10 } else { 40 }).expect("written");
            }
        }
        fs::write(dir.path().join("in.csv"), bounces).expect("written");
        fs::write(dir.path().join("ok.csv"), delivered).expect("written");
        let mut args: Vec<String> = ["run", "in.csv", "--delivered", "ok.csv", "--no-progress", "--out", "out", "--max-suppressions", "1000"]
            .map(str::to_owned).to_vec();
        ["generic", "ses", "mailgun", "sparkpost", "postfix"].iter().for_each(|t| args.extend(["--target".to_owned(), (*t).to_owned()]));
        for (name, text) in lists(&entries) {
            // A page without entries tells nothing.
            if text.contains("@corp") {
                fs::write(dir.path().join(name), text).expect("written");
                args.extend(["--existing".to_owned(), name.to_owned()]);
            }
        }
        bouncescope(args).dir(dir.path()).run().behaves(&[0]);
        let night = dir.path().join("out/2026-11-20");
        let (removed, released) = (removed(&night), released(&night));
        prop_assert_eq!(&removed, &released.keys().cloned().collect());
        for (at, entry) in entries.iter().enumerate() {
            let off = removed.contains(&address(at));
            prop_assert!(!off || entry.may_go(), "{:?} came off: {:?}", entry, entry.word());
            prop_assert!(off || !entry.must_go(), "{:?} stayed: {:?}", entry, entry.word());
        }
    }
}
