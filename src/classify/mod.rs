//! NAMING: event -> Classification: which rule spoke, on what evidence.
//! In: an event as parse left it. Out: cause, permanence, blames, basis, who spoke. What a cluster of them means is judge's work.
//!
//! A reply is first reduced to its template; everything after sees only that, the codes, the command and the receiver
//! that the host belongs to. So equal keys have equal answers, and a night's two thousand templates are named once each.

mod bits;
mod cache;
mod check;
mod defaults;
mod guards;
mod heard;
mod listed;
mod literals;
mod matcher;
mod needles;
mod own_words;
mod patterns;
pub mod probe;
mod rules;
mod speaker;
mod template;
mod trace;

use std::path::Path;
use std::sync::Arc;

use crate::bounce::{Basis, Blames, Cause, Classification, Event, Kind, Permanence};
use crate::tables::blocklists::{Blocklist, BlocklistKind};
use crate::tables::consumer_domains::ConsumerDomains;
use crate::tables::native_classes::{Alone, NativeClasses};
use crate::tables::receivers::Receivers;
use crate::tables::{Row, TableError, load};

pub use cache::Cache;
pub use check::{Finding, check};
pub use trace::{Matched, Trace};

use guards::Guards;
use heard::Heard;
use patterns::{Hits, Patterns};
use rules::RuleSet;
use template::KnownHosts;

/// The compiled rules; shared by all threads.
#[derive(Debug)]
pub struct Classifier {
    receivers: Receivers,
    consumers: ConsumerDomains,
    lists: Vec<Row<Blocklist>>,
    rules: RuleSet,
    guards: Guards,
    classes: NativeClasses,
    patterns: Patterns,
    known: KnownHosts,
}

impl Classifier {
    /// Loads and compiles rules, receivers and blocklists, a user's rows first.
    ///
    /// # Errors
    /// A row that is broken, with file, line and reason.
    pub fn new(user_tables: Option<&Path>) -> Result<Classifier, TableError> {
        let around =
            || (Receivers::load(user_tables), load::<Blocklist>(user_tables), ConsumerDomains::load(user_tables));
        let ((receivers, lists, consumers), rules) = rayon::join(around, || RuleSet::load(user_tables));
        let (receivers, lists, rules, consumers) = (receivers?, lists?, rules?, consumers?);
        let guards = Guards::load(user_tables)?;
        let classes = NativeClasses::load(user_tables)?;
        let known = known_hosts(&receivers, &lists, &rules);
        let patterns = Patterns::compile(&receivers, &lists, rules.rows(), guards.rows())?;
        Ok(Classifier { receivers, consumers, lists, rules, guards, classes, patterns, known })
    }

    /// Names the cause of one event. The answer does not depend on what `cache` holds; events with the same template and
    /// the same circumstances share it.
    pub fn classify(&self, event: &Event, cache: &mut Cache) -> Arc<Classification> {
        match event.kind {
            Kind::Complaint => return defaults::complaint().into(),
            Kind::Bounce | Kind::Delay | Kind::SelfSuppressed | Kind::Challenge => {}
            Kind::Delivered | Kind::AutoReply | Kind::ReadReceipt | Kind::Other => {
                return defaults::unnamed(event.reply_code, event.status).into();
            }
        }
        let heard = Heard::of_event(event, &self.receivers, &self.consumers);
        let named = cache.answer(heard, &self.known, |heard, template, scratch| self.name(&heard, template, scratch));
        let class = event.native_class.as_deref().and_then(|class| self.classes.alone(class, &event.grammar));
        match class {
            Some(class) if class.own_drop && !named.own_drop => {
                Classification { own_drop: true, ..(*named).clone() }.into()
            }
            _ if named.cause == Cause::Unknown => beside_words(named, event, class),
            _ => own_rule(named, event),
        }
    }

    /// The row of the list that a reply names.
    fn list_of(&self, named: &Classification) -> Option<&Blocklist> {
        let name = named.blocklist.as_deref()?;
        self.lists.iter().map(|row| &row.value).find(|list| list.name == name)
    }

    /// The cause of a reply that names a fact about us which anybody can check: a public list, SPF, DKIM, DMARC. Then it is no
    /// rule of the recipient's, however eager the row that says so.
    fn checkable_cause(&self, named: &Classification, template: &str) -> Option<Cause> {
        match self.list_of(named).filter(|list| list.is_public()).map(|list| list.kind) {
            Some(BlocklistKind::Ip) => return Some(Cause::IpReputation),
            Some(BlocklistKind::Domain | BlocklistKind::Url) => return Some(Cause::DomainReputation),
            None => {}
        }
        let mut words = template.split(|c: char| !c.is_ascii_alphanumeric());
        let checks = |word: &str| ["spf", "dkim", "dmarc"].iter().any(|check| word.eq_ignore_ascii_case(check));
        words.any(checks).then_some(Cause::Authentication)
    }

    /// Whether the list named is one that anybody can look us up in, and judges what the cause says.
    fn names_a_public_list(&self, named: &Classification) -> bool {
        self.list_of(named).is_some_and(|list| {
            let ip = list.kind == BlocklistKind::Ip;
            list.is_public()
                && match named.cause {
                    Cause::IpReputation => ip,
                    Cause::DomainReputation => !ip,
                    _ => false,
                }
        })
    }

    /// The table of receivers that this classifier was made with.
    pub fn receivers(&self) -> &Receivers {
        &self.receivers
    }

    /// The domains at which anyone may hold a mailbox.
    pub fn consumers(&self) -> &ConsumerDomains {
        &self.consumers
    }

    /// Everything that is known of one template: who spoke, which rule holds, what it means.
    fn name(&self, heard: &Heard<'_>, template: &str, hits: &mut Hits) -> Classification {
        self.patterns.find(template, hits);
        let spoke = speaker::of(heard, hits, &self.patterns, &self.receivers);
        let rule = self.rules.first(heard, spoke, hits, &self.patterns);
        let list = self.patterns.blocklist(hits).and_then(|i| self.lists.get(i));
        let mut named = defaults::classification(rule, list.map(|row| &row.value), heard);
        self.guards.take_back(&mut named, heard, &self.patterns, hits);
        // What our own side refuses never reached the provider that its recipient's domain makes us presume.
        named.rejecting_system = rule
            .and_then(|rule| rule.speaker.clone())
            .filter(|_| !spoke.is_some_and(|s| s.outranks_rules))
            .or_else(|| {
                let spoke = spoke.filter(|s| !(s.presumed && named.cause == Cause::SenderRejected));
                spoke.map(|s| Arc::from(s.name))
            });
        if named.cause == Cause::TenantPolicy
            && named.basis == Basis::ExplicitRule
            && let Some(cause) = self.checkable_cause(&named, template)
        {
            (named.cause, named.blames, named.basis) = (cause, cause.meaning().blames, cause.meaning().basis);
        }
        named.public_list = self.names_a_public_list(&named);
        named.odd_list = self.list_of(&named).is_some_and(|list| list.is_odd());
        let serves = |name: &Arc<str>| speaker::serves_recipient(name, spoke, heard, named.cause, &self.receivers);
        named.receiver_told = named.rejecting_system.as_ref().is_some_and(serves);
        named.vendor_tag = self.patterns.vendor_tag(template, hits);
        named.template = (!template.is_empty()).then(|| Arc::from(template));
        named
    }
}

/// A refusal that names the recipient's organisation as the one who made the rule is its own rule: a list of its own, whatever
/// it says about us; a policy that is its own by name.
fn own_rule(named: Arc<Classification>, event: &Event) -> Arc<Classification> {
    let (Some(reply), Some(recipient)) = (event.reply.as_deref(), &event.recipient) else { return named };
    let own = match named.cause {
        Cause::IpReputation | Cause::DomainReputation if !named.public_list => {
            own_words::name_a_list(reply, recipient.domain())
        }
        Cause::TenantPolicy if named.basis == Basis::Unstated && named.blames == Blames::Tenant => {
            own_words::name_the_owner(reply, recipient)
        }
        _ => false,
    };
    if !own {
        return named;
    }
    let (cause, usual) = (Cause::TenantPolicy, Cause::TenantPolicy.meaning());
    Classification { cause, blames: usual.blames, basis: usual.basis, ..(*named).clone() }.into()
}

/// A failure that no rule knows, by what stands beside its words: the kind of the event, and the platform's class. Of one
/// without words the class may name the cause; as it was named where nothing tells.
fn beside_words(named: Arc<Classification>, event: &Event, class: Option<&Alone>) -> Arc<Classification> {
    let coded = event.reply_code.is_some() || event.status.is_some();
    let by_kind = (event.kind == Kind::Delay).then_some(Permanence::Transient);
    let by_class = || class.and_then(|class| class.permanence);
    // The server's own code says whether it passes.
    let permanence = by_kind.or_else(by_class).filter(|_| !coded);
    let cause = class.and_then(|class| class.cause.as_ref()).filter(|_| is_wordless(event));
    if permanence.is_none() && cause.is_none() {
        return named;
    }
    let mut told = (*named).clone();
    told.permanence = permanence.unwrap_or(told.permanence);
    if let Some((cause, id)) = cause {
        told.cause = *cause;
        (told.blames, told.basis) = (cause.meaning().blames, cause.meaning().basis);
        told.rule = Some(id.clone());
    }
    told.into()
}

/// Whether an event has no reply, or one that says no more than its codes.
fn is_wordless(event: &Event) -> bool {
    let said = event.reply.as_deref().or(event.diagnostic_code.as_deref()).unwrap_or_default();
    !has_words(said)
}

/// Whether a text says more than codes and their type.
fn has_words(text: &str) -> bool {
    const FEW: usize = 4;
    text.chars().filter(|c| c.is_alphabetic()).take(FEW).count() == FEW
}

/// The hosts that stay readable in templates: those that any table spells.
fn known_hosts(receivers: &Receivers, lists: &[Row<Blocklist>], rules: &RuleSet) -> KnownHosts {
    let mut known = KnownHosts::default();
    for row in receivers.rows() {
        for host in row.value.hosts.iter().chain(&row.value.submission) {
            known.keep_suffix(host.rsplit('*').next().unwrap_or(host));
        }
        row.value.pages.iter().for_each(|page| known.keep_whole(page));
        row.value.says.iter().for_each(|regex| known.keep_spelled(regex));
    }
    for row in lists {
        row.value.domains.iter().for_each(|domain| known.keep_whole(domain));
        row.value.text.iter().for_each(|regex| known.keep_spelled(regex));
    }
    rules.texts().for_each(|(_, regex)| known.keep_spelled(regex));
    known
}

#[cfg(test)]
mod tests;
