//! Meanwhile: whether to go on mailing what waits. In: why it waits. Out: one of three words, which held.csv shows.

use super::ruling::Hold;

/// What to do until it is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meanwhile {
    /// Go on: the next answer decides.
    MailOn,
    /// Mail, but not through the sending identity that is refused.
    OtherIdentity,
    /// Do not mail until the date.
    DoNotMail,
}

impl Meanwhile {
    /// The word for a reason to wait.
    pub const fn of(reason: Hold) -> Meanwhile {
        match reason {
            Hold::DoubtfulWording
            | Hold::DomainFlips
            | Hold::Forwarded
            | Hold::MailboxFull
            | Hold::Transient
            | Hold::Unproven
            | Hold::FeedbackType
            | Hold::DomainAnswered
            | Hold::UnknownReply
            | Hold::DeliveredSince
            | Hold::Allowed => Meanwhile::MailOn,
            Hold::ReceiverIncident | Hold::OneIdentity => Meanwhile::OtherIdentity,
            Hold::SuspectedTenant | Hold::Inconclusive => Meanwhile::DoNotMail,
        }
    }

    const ALL: [Meanwhile; 3] = [Meanwhile::MailOn, Meanwhile::OtherIdentity, Meanwhile::DoNotMail];

    /// The spelling used in held.csv.
    pub const fn as_str(self) -> &'static str {
        match self {
            Meanwhile::MailOn => "mail_on",
            Meanwhile::OtherIdentity => "other_identity",
            Meanwhile::DoNotMail => "do_not_mail",
        }
    }
}

impl std::str::FromStr for Meanwhile {
    type Err = ();

    fn from_str(word: &str) -> Result<Meanwhile, ()> {
        Meanwhile::ALL.into_iter().find(|meanwhile| meanwhile.as_str() == word).ok_or(())
    }
}
