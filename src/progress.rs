//! Progress: a bar on stderr at a terminal, silence elsewhere.
//!
//! In: items and bytes done, from the one thread that writes rows. Out: a line on stderr that is drawn over. Nothing of
//! an input is ever drawn but numbers, so nothing can reach the terminal's controls. Whether it is wanted
//! (`--no-progress`, `--quiet`) is cli's to say.

use std::io::{self, IsTerminal};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How far a run has come.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    items: std::sync::atomic::AtomicU64,
}

/// Redraws a second; each costs a write to the terminal.
const REDRAWS: u8 = 8;

impl Progress {
    /// A bar if it is wanted and stderr is a terminal; `total_bytes` is `None` if an input's length is unknown.
    pub fn new(total_bytes: Option<u64>, visible: bool) -> Progress {
        let bar = if visible && io::stderr().is_terminal() {
            ProgressBar::with_draw_target(total_bytes, ProgressDrawTarget::stderr_with_hz(REDRAWS))
        } else {
            ProgressBar::hidden()
        };
        let layout = match total_bytes {
            Some(_) => "{msg} items  {bar:24} {percent:>3} % of {total_bytes}, {bytes_per_sec}, {eta} left",
            None => "{msg} items  {spinner} {bytes}, {bytes_per_sec}, {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(layout) {
            bar.set_style(style.progress_chars("=> "));
        }
        Progress { bar, items: 0.into() }
    }

    /// A bar that is never drawn.
    pub fn hidden() -> Progress {
        Progress::new(None, false)
    }

    /// Adds what was done: items read, bytes of input they stood for.
    pub fn advance(&self, items: u64, bytes: u64) {
        let done = self.items.fetch_add(items, std::sync::atomic::Ordering::Relaxed) + items;
        if !self.bar.is_hidden() {
            self.bar.set_message(HumanCount(done).to_string());
        }
        self.bar.inc(bytes);
    }

    /// Takes the bar away; what follows on stderr starts on a clean line.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// What was done, in words, for a log line.
    pub fn so_far(&self) -> String {
        let items = self.items.load(std::sync::atomic::Ordering::Relaxed);
        format!("{} items, {}", HumanCount(items), HumanBytes(self.bar.position()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unwanted_bar_counts_and_stays_silent() {
        let progress = Progress::new(Some(10), false);
        progress.advance(3, 4);
        progress.advance(1_000, 6);
        progress.finish();
        assert!(progress.bar.is_hidden());
        assert!(progress.so_far().starts_with("1,003 items"), "{}", progress.so_far());
    }
}
