//! The vocabulary: the words that every room shares, one meaning each.
//!
//! In: nothing. Out: the types that travel through the house (`Event`, `Delivery`, `Classification`, `Origin`,
//! `Reject`, ...). No room's work is done here; parsing of a single code or address is, because a type that cannot
//! be built from nonsense needs its own door.

mod address;
mod codes;
mod event;
mod incident_kind;
mod key;
mod level;
mod meaning;
mod present;
mod words;

pub use address::{Address, domain_key, has_control, is_return_path, plain_domain, shown_domain};
pub use codes::{EnhancedStatus, ReplyCode};
pub use event::{Classification, Delivery, Event, LostFile, Origin, Reject, Timestamp};
pub use incident_kind::{FailureStream, Fault, IncidentKind, KindMeaning};
pub use key::{AsIs, BUCKETS, Key};
pub use level::{Level, RateName};
pub use meaning::{Families, Family, Meaning};
pub use present::{PresentEntry, Since, Subject, When};
pub(crate) use words::closed_set;
pub use words::nearest as nearest_word;
pub use words::{
    Action, Basis, Blames, Cause, Confidence, IncidentStatus, Kind, ListedReason, Loss, Permanence, RejectReason,
    ScopeType, SmtpCommand, UnknownWord, Unproven,
};
