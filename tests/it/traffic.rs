//! Made-up nights: mail to organisations and consumer mailboxes, some of it refused. In: a seed, and what is to go wrong. Out:
//! messages, and the files in which a sender would have them. The same seed makes the same bytes.

use std::fmt::Write as _;

use crate::scratch::{NIGHT, Scratch};

/// Replies of a receiver that refuses; `{ip}` is ours.
pub const GENERIC: &str = "550 5.7.1 Message refused by policy";
pub const LISTED: &str = "550 5.7.1 Service unavailable, Client host [{ip}] blocked using Spamhaus";
pub const CONTENT: &str = "554 5.7.1 Message content rejected as spam";
pub const UNSIGNED: &str = "550 5.7.26 This mail is unauthenticated: SPF and DKIM did not pass";
pub const TENANT: &str = "550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by organization policy";
pub const UNKNOWN: &str = "550 5.1.1 The email account that you tried to reach does not exist";
pub const EDGE: &str = "550 5.4.1 Recipient address rejected: Access denied.";
pub const GONE: &str = "550 5.5.0 Requested action not taken: mailbox unavailable.";
pub const FULL: &str = "552 5.2.2 Mailbox full";
pub const SLOW: &str = "451 4.7.1 Rate limited, try again later";
pub const RELAY: &str = "554 5.7.1 Relay access denied";
pub const DEAD_DOMAIN: &str = "550 5.4.4 Host or domain name not found; name service error: no such domain";
pub const ODD: &str = "550 Please ask the porter";

/// Numbers that look random (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to `n` - 1.
    pub fn below(&mut self, n: u64) -> u64 {
        self.roll() % n
    }

    /// True in `percent` of 100 cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fared {
    Accepted,
    /// Refused, with these words.
    Refused(&'static str),
    /// So many notes that it waits, with these words; accepted in the end.
    Delayed(&'static str, usize),
    /// Accepted, and complained about.
    Complained,
}

/// One message; what the files do not say is empty.
#[derive(Debug, Clone)]
pub struct Mail {
    pub number: u64,
    pub to: String,
    pub domain: String,
    pub host: String,
    pub ip: String,
    pub sender: String,
    pub campaign: String,
    pub list: String,
    pub fared: Fared,
}

impl Mail {
    pub fn at_host(&self, part: &str) -> bool {
        self.host.contains(part)
    }

    fn second(&self) -> String {
        let n = self.number % 10_000;
        format!("{NIGHT}T0{}:{:02}:{:02}Z", n / 3600, n / 60 % 60, n % 60)
    }

    fn reply(&self, words: &str) -> String {
        words.replace("{ip}", &self.ip)
    }
}

/// A night's mail.
#[derive(Debug, Clone)]
pub struct Traffic {
    pub mails: Vec<Mail>,
}

/// The host of a domain that organisations of this number have.
fn host(number: u64, domain: &str) -> String {
    match number % 4 {
        0 => format!("{}.mail.protection.outlook.com", domain.replace('.', "-")),
        1 => "aspmx.l.google.com".to_owned(),
        2 => format!("mx0a-{number:08x}.pphosted.com"),
        _ => format!("mx.{domain}"),
    }
}

impl Traffic {
    /// Mail to so many organisations, up to `each` messages for one, and to so many people at a consumer domain.
    pub fn to(organisations: u64, each: u64, people: u64, dice: &mut Dice) -> Traffic {
        let mut traffic = Traffic { mails: Vec::new() };
        for number in 0..organisations {
            let domain = format!("firm{number}-traffic.net");
            for person in 0..1 + dice.below(each) {
                traffic.send(&format!("p{person}"), &domain, &host(number, &domain), dice);
            }
        }
        for person in 0..people {
            traffic.send(&format!("someone{person}"), "gmail.com", "gmail-smtp-in.l.google.com", dice);
        }
        traffic
    }

    /// One message more.
    pub fn send(&mut self, local: &str, domain: &str, host: &str, dice: &mut Dice) {
        self.mails.push(Mail {
            number: self.mails.len() as u64,
            to: format!("{local}@{domain}"),
            domain: domain.to_owned(),
            host: host.to_owned(),
            ip: format!("192.0.2.{}", 10 + dice.below(4)),
            sender: format!("{}.example.com", ["news", "mail", "offers"][dice.below(3) as usize]),
            campaign: ["spring", "webinar", "survey"][dice.below(3) as usize].to_owned(),
            list: ["fair", "shop", "partner"][dice.below(3) as usize].to_owned(),
            fared: Fared::Accepted,
        });
    }

    /// Refuses `percent` of what `which` picks and nothing has befallen yet.
    pub fn refuse(&mut self, percent: u64, words: &'static str, dice: &mut Dice, which: impl Fn(&Mail) -> bool) {
        self.befall(percent, &Fared::Refused(words), dice, which);
    }

    /// The same for anything that may happen.
    pub fn befall(&mut self, percent: u64, what: &Fared, dice: &mut Dice, which: impl Fn(&Mail) -> bool) {
        for mail in self.mails.iter_mut().filter(|mail| mail.fared == Fared::Accepted) {
            if which(mail) && dice.chance(percent) {
                mail.fared = what.clone();
            }
        }
    }

    /// What happens every night: dead mailboxes, full ones, a refusal here and there.
    pub fn usual(&mut self, dice: &mut Dice) {
        self.befall(1, &Fared::Refused(UNKNOWN), dice, |_| true);
        self.befall(1, &Fared::Refused(FULL), dice, |_| true);
        for words in [GENERIC, ODD, SLOW] {
            self.befall(1, &Fared::Refused(words), dice, |mail| mail.number % 3 == 0);
        }
        self.befall(1, &Fared::Complained, dice, |mail| mail.number % 4 == 1);
        self.befall(1, &Fared::Delayed(SLOW, 2), dice, |mail| mail.number % 2 == 1);
    }

    /// Events as a CSV: refusals, delays, complaints.
    pub fn events(&self) -> String {
        let mut text = String::from(
            "kind,timestamp,recipient,remote_mta,sending_ip,sending_domain,campaign_id,list_source,message_id,\
             feedback_type,diagnostic_code\n",
        );
        for mail in &self.mails {
            let Mail { to, host, ip, sender, campaign, list, number, .. } = mail;
            let mut row = |kind: &str, at: &str, feedback: &str, words: &str| {
                let _ = writeln!(
                    text,
                    "{kind},{at},{to},{host},{ip},{sender},{campaign},{list},{number}@example.com,{feedback},\"{words}\""
                );
            };
            match &mail.fared {
                Fared::Accepted => {}
                Fared::Refused(words) => row("bounce", &mail.second(), "", &mail.reply(words)),
                Fared::Complained => row("complaint", &mail.second(), "abuse", ""),
                Fared::Delayed(words, times) => {
                    for time in 0..*times {
                        row("delay", &format!("{NIGHT}T05:{time:02}:00Z"), "", &mail.reply(words));
                    }
                }
            }
        }
        text
    }

    /// What was accepted as a CSV; with `attempted` all that was sent.
    pub fn log(&self, attempted: bool) -> String {
        let head = "timestamp,recipient,remote_mta,sending_ip,sending_domain,campaign_id,list_source,message_id\n";
        let mut text = head.to_owned();
        for mail in self.mails.iter().filter(|mail| attempted || !matches!(mail.fared, Fared::Refused(_))) {
            let Mail { to, host, ip, sender, campaign, list, number, .. } = mail;
            let at = mail.second();
            let _ = writeln!(text, "{at},{to},{host},{ip},{sender},{campaign},{list},{number}@example.com");
        }
        text
    }

    /// Refusals as delivery reports in one mailbox.
    pub fn mbox(&self) -> String {
        let mut text = String::new();
        for mail in &self.mails {
            let Fared::Refused(words) = mail.fared else { continue };
            let Mail { to, host, sender, number, .. } = mail;
            let (words, status) = (mail.reply(words), if words.starts_with('4') { "4.0.0" } else { "5.0.0" });
            let _ = write!(
                text,
                "From MAILER-DAEMON Fri Nov 20 01:02:03 2026\nFrom: MAILER-DAEMON@mta.example.com\n\
                 To: bounces@{sender}\nSubject: Undelivered Mail Returned to Sender\n\
                 Date: Fri, 20 Nov 2026 01:02:03 +0000\nMIME-Version: 1.0\n\
                 Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
                 --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mta.example.com\n\n\
                 Final-Recipient: rfc822; {to}\nAction: failed\nStatus: {status}\nRemote-MTA: dns; {host}\n\
                 Diagnostic-Code: smtp; {words}\n\n--b\nContent-Type: text/rfc822-headers\n\n\
                 From: News <n@{sender}>\nTo: {to}\nMessage-ID: <{number}@example.com>\n\n--b--\n\n"
            );
        }
        text
    }

    /// Writes `bounces.csv` and `accepted.csv`; the arguments that name them.
    pub fn write(&self, scratch: &Scratch) -> &'static str {
        scratch.add("bounces.csv", self.events());
        scratch.add("accepted.csv", self.log(false));
        "bounces.csv --delivered accepted.csv --as-of 2026-11-20 --max-suppressions 99999"
    }
}

/// What is planted in a made-up night, for the eye: nothing asks whether it is found.
pub type Planted = Vec<String>;

impl Traffic {
    /// A night of a seed: of one of several sizes, with what happens every night and up to four things that went wrong.
    pub fn of_seed(seed: u64) -> (Traffic, Planted) {
        let mut dice = Dice(seed.wrapping_mul(0x5851_f42d_4c95_7f2d));
        let organisations = [60, 150, 300, 500][dice.below(4) as usize];
        let (each, people) = (1 + dice.below(5), [0, 80, 400][dice.below(3) as usize]);
        let mut traffic = Traffic::to(organisations, each, people, &mut dice);
        let mut planted = Vec::new();
        for _ in 0..dice.below(5) {
            let percent = [40, 70, 95, 100][dice.below(4) as usize];
            planted.push(format!("{percent} % {}", traffic.go_wrong(percent, &mut dice)));
        }
        traffic.usual(&mut dice);
        traffic.untidy(&mut dice);
        (traffic, planted)
    }

    /// As files are in life: several messages to one person, addresses in other letters, cells that nobody filled in.
    pub fn untidy(&mut self, dice: &mut Dice) {
        let (count, hides) = (self.mails.len() as u64, dice.below(8));
        for at in 0..self.mails.len() {
            if dice.chance(10) {
                let other = dice.below(count) as usize;
                let Mail { to, domain, host, .. } = self.mails[other].clone();
                (self.mails[at].to, self.mails[at].domain, self.mails[at].host) = (to, domain, host);
            }
            let often = dice.chance(50);
            let mail = &mut self.mails[at];
            match hides {
                0 if often => mail.ip.clear(),
                1 if often => mail.sender.clear(),
                2 => mail.campaign.clear(),
                3 if often => mail.list.clear(),
                4 if often => mail.host.clear(),
                5 if often => mail.to = mail.to.to_uppercase(),
                _ => {}
            }
        }
    }

    /// One thing that goes wrong.
    fn go_wrong(&mut self, percent: u64, dice: &mut Dice) -> String {
        let pick = dice.below(4);
        let ip = format!("192.0.2.{}", 10 + pick);
        let receiver = ["outlook", "google.com", "pphosted", "mx.firm"][pick as usize];
        let refusal =
            [GENERIC, LISTED, CONTENT, UNSIGNED, TENANT, UNKNOWN, SLOW, RELAY, DEAD_DOMAIN][dice.below(9) as usize];
        match dice.below(9) {
            0 => self.refuse(percent, LISTED, dice, |mail| mail.ip == ip),
            1 => self.refuse(percent, refusal, dice, |mail| mail.at_host(receiver)),
            2 => self.refuse(percent, refusal, dice, |mail| mail.ip == ip && mail.at_host(receiver)),
            3 => self.refuse(percent, refusal, dice, |mail| mail.list == "fair"),
            4 => self.refuse(percent, refusal, dice, |mail| mail.campaign == "webinar"),
            5 => self.refuse(percent, refusal, dice, |mail| mail.sender == "offers.example.com"),
            6 => self.refuse(percent, refusal, dice, |mail| mail.domain == "gmail.com"),
            7 => self.befall(percent, &Fared::Delayed(SLOW, 3), dice, |mail| mail.at_host(receiver)),
            _ => {
                for tenant in 0..1 + dice.below(5) {
                    let domain = format!("tenant{tenant}-{pick}-traffic.com");
                    (0..4 + dice.below(30))
                        .for_each(|n| self.send(&format!("p{n}"), &domain, &host(pick, &domain), dice));
                    self.refuse(percent, refusal, dice, |mail| mail.domain == domain);
                }
            }
        }
        format!("of {ip} or {receiver}: {refusal}")
    }
}
