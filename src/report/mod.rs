//! TELLING: the night in files and on the terminal. In: a judgement, the lists, and facts of the reading. Out: bytes.
//!
//! `view` holds every number; outputs only place them, so that no two of them can disagree. An output is pure: the view
//! in, bytes out. To add one: a file here and a line in `OUTPUTS`. Where the bytes go is publish's work.

use std::io::Write;

pub mod escape;
mod facts;
mod guide;
mod html;
mod json;
mod markdown;
mod output;
mod page;
mod phrases;
pub mod rows;
mod sections;
mod sentence;
mod tables;
mod terminal;
mod trail;
mod view;
pub mod words;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use escape::visible as harmless;
pub use facts::{AgainFact, InputFact, NativeFact, NightFacts, RejectFact, UnknownFact};
pub use guide::{NAME as GUIDE, guide};
pub use output::Output;
pub use tables::rejects_csv;
pub use terminal::{nothing_read, summary};
pub use trail::{incident_of, incident_told, told};
pub use view::{Action, AdviceLine, IncidentView, View};

/// All outputs.
pub const OUTPUTS: &[&dyn Output] = &[
    &html::Html,
    &json::Json,
    &markdown::Markdown,
    &tables::Incidents,
    &tables::Domains,
    &tables::Codes,
    &tables::DomainCodes,
];

/// Renders all outputs, each to the writer that `create` gives for its name.
///
/// # Errors
/// Writers that cannot be made or written.
pub fn render<W: Write>(view: &View<'_>, mut create: impl FnMut(&str) -> anyhow::Result<W>) -> anyhow::Result<()> {
    for output in OUTPUTS {
        let mut out = create(output.name())?;
        output.render(view, &mut out)?;
        out.flush()?;
    }
    Ok(())
}
