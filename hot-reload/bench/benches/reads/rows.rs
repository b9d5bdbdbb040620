//! [`Rows`]: the table of a run.

use std::time::Duration;

use bench::table::{Table, time, verdict};

/// The figures, some with a bound.
#[derive(Default)]
pub(crate) struct Rows(Vec<[String; 3]>);

impl Rows {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn ratio(&mut self, what: impl Into<String>, ratio: f64, bound: Option<f64>) {
        let digits = if ratio < 0.1 { 4 } else { 2 };
        let bound = bound.map(|bound| verdict(ratio, bound));
        self.row(what, format!("{ratio:.digits$}"), bound);
    }

    pub(crate) fn time(
        &mut self,
        what: impl Into<String>,
        figure: Duration,
        bound: Option<Duration>,
    ) {
        let bound = bound.map(|bound| {
            let word = if figure <= bound { "ok" } else { "over" };
            format!("({word}, ≤ {})", time(bound))
        });
        self.row(what, time(figure), bound);
    }

    pub(crate) fn count(&mut self, what: impl Into<String>, count: usize, bound: usize) {
        let word = if count <= bound { "ok" } else { "over" };
        self.row(
            what,
            count.to_string(),
            Some(format!("({word}, ≤ {bound})")),
        );
    }

    fn row(&mut self, what: impl Into<String>, figure: String, bound: Option<String>) {
        self.0
            .push([what.into(), figure, bound.unwrap_or_default()]);
    }

    pub(crate) fn print(self, title: &str) {
        let mut table = Table::new(title, &["what", "figure", "bound"]);
        for row in self.0 {
            table.row(row);
        }
        table.print();
    }
}
