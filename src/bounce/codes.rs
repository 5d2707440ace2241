//! SMTP codes as numbers. In: text. Out: `ReplyCode` (RFC 5321 4.2) and `EnhancedStatus` (RFC 3463), or nothing.

use std::fmt;
use std::str::FromStr;

/// A three-digit SMTP reply code, 200..=599. Source: RFC 5321 4.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplyCode(u16);

impl ReplyCode {
    /// The code, or `None` outside 200..=599.
    pub const fn new(code: u16) -> Option<Self> {
        if code >= 200 && code <= 599 { Some(ReplyCode(code)) } else { None }
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// The first digit: 2 done, 3 go on, 4 not now, 5 no.
    pub const fn class(self) -> u8 {
        (self.0 / 100) as u8
    }
}

impl fmt::Display for ReplyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for ReplyCode {
    type Err = ();

    /// Exactly three digits; anything else is an error.
    fn from_str(text: &str) -> Result<Self, ()> {
        match text.as_bytes() {
            [b'2'..=b'5', b'0'..=b'9', b'0'..=b'9'] => text.parse().ok().and_then(ReplyCode::new).ok_or(()),
            _ => Err(()),
        }
    }
}

/// An enhanced status code: class.subject.detail, such as 5.7.1. Source: RFC 3463, RFC 5248.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnhancedStatus {
    /// 2 success, 4 persistent transient failure, 5 permanent failure.
    pub class: u8,
    /// 0..=999; what it is about (1 address, 2 mailbox, ... 7 policy).
    pub subject: u16,
    /// 0..=999.
    pub detail: u16,
}

impl EnhancedStatus {
    /// The status, or `None` if a part is out of its range.
    pub const fn new(class: u8, subject: u16, detail: u16) -> Option<Self> {
        if matches!(class, 2 | 4 | 5) && subject <= 999 && detail <= 999 {
            Some(EnhancedStatus { class, subject, detail })
        } else {
            None
        }
    }

    /// Whether it says no more than its class, as 5.0.0 does.
    pub const fn is_vague(self) -> bool {
        self.subject == 0 && self.detail == 0
    }
}

impl fmt::Display for EnhancedStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nearly all have single digits, and each column of them is written so.
        if let (0..10, 0..10) = (self.subject, self.detail) {
            let digit = |number: u16| b'0' + number as u8;
            let text = [b'0' + self.class, b'.', digit(self.subject), b'.', digit(self.detail)];
            return f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?);
        }
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

impl FromStr for EnhancedStatus {
    type Err = ();

    /// Exactly `class.subject.detail` with one to three digits in the later parts.
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.as_bytes().split(|b| *b == b'.');
        let mut part = || -> Option<u16> {
            let digits = parts.next()?;
            let plain = (1..=3).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
            plain.then(|| digits.iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0')))
        };
        let (class, subject, detail) = (part().ok_or(())?, part().ok_or(())?, part().ok_or(())?);
        if parts.next().is_some() {
            return Err(());
        }
        u8::try_from(class).ok().and_then(|class| EnhancedStatus::new(class, subject, detail)).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_code_is_three_digits_from_200_to_599() {
        for (text, want) in [
            ("550", true),
            ("421", true),
            ("250", true),
            ("199", false),
            ("600", false),
            ("55", false),
            ("5500", false),
            ("+50", false),
            ("", false),
        ] {
            assert_eq!(text.parse::<ReplyCode>().is_ok(), want, "{text}");
        }
    }

    #[test]
    fn a_status_has_three_parts_and_a_known_class() {
        for (text, want) in [
            ("5.7.1", true),
            ("4.4.316", true),
            ("2.0.0", true),
            ("5.7", false),
            ("5.7.1.2", false),
            ("3.1.1", false),
            ("5.7.1000", false),
            ("5..1", false),
            ("1.2.3", false),
        ] {
            assert_eq!(text.parse::<EnhancedStatus>().is_ok(), want, "{text}");
        }
    }

    #[test]
    fn codes_print_as_they_were_read() {
        for status in ["5.7.606", "5.7.1", "4.4.316", "2.10.0", "5.0.9"] {
            assert_eq!(status.parse::<EnhancedStatus>().unwrap().to_string(), status);
        }
        assert_eq!("554".parse::<ReplyCode>().unwrap().to_string(), "554");
    }
}
