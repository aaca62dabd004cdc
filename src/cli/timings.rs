//! How long the steps of a run take.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::pipeline::{PREDICT, READ, REFERENCES, TRACE};

/// The time that each step took, by its name; environments add up.
#[derive(Default)]
pub(super) struct Timings(Mutex<BTreeMap<&'static str, Duration>>);

impl Timings {
    /// Does a step, and notes how long it took.
    pub(super) fn around(&self, name: &'static str, work: &mut dyn FnMut()) {
        let start = Instant::now();
        work();
        let took = start.elapsed();
        // A step that panicked elsewhere has noted nothing; what the others noted is whole.
        let mut times = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *times.entry(name).or_default() += took;
    }

    /// Prints the steps in their order, then the checks, the dearest first.
    ///
    /// # Errors
    ///
    /// Passes on what standard error says.
    pub(super) fn print(self) -> io::Result<()> {
        let mut times = self.0.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut steps: Vec<_> =
            [READ, PREDICT, TRACE, REFERENCES].iter().filter_map(|step| times.remove_entry(step)).collect();
        let checks: Duration = times.values().sum();
        steps.push(("all checks", checks));
        let mut checks: Vec<_> = times.into_iter().collect();
        checks.sort_by_key(|(id, took)| (std::cmp::Reverse(*took), *id));
        let mut stderr = anstream::stderr();
        for (name, took) in steps {
            writeln!(stderr, "{:>11.3} ms  {name}", took.as_secs_f64() * 1e3)?;
        }
        for (name, took) in checks {
            writeln!(stderr, "{:>11.3} ms    {name}", took.as_secs_f64() * 1e3)?;
        }
        Ok(())
    }
}
