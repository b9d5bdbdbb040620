//! [`Table`]: the printed table, and the formats of its cells.

use std::time::Duration;

/// Rows below a title.
pub struct Table {
    title: String,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(title: impl Into<String>, head: &[&str]) -> Self {
        Self {
            title: title.into(),
            rows: vec![head.iter().map(|&cell| cell.to_owned()).collect()],
        }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub fn print(&self) {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let widths: Vec<_> = (0..columns)
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                cells
                    .map(|cell| cell.chars().count())
                    .max()
                    .unwrap_or_default()
            })
            .collect();
        println!("\n{}\n", self.title);
        for (number, row) in self.rows.iter().enumerate() {
            println!("{}", line(row, &widths));
            if number == 0 {
                let rule: Vec<_> = widths.iter().map(|&width| "-".repeat(width)).collect();
                println!("{}", line(&rule, &widths));
            }
        }
    }
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let padded = cells
        .iter()
        .zip(widths)
        .map(|(cell, &width)| format!("{cell:<width$}"));
    format!("| {} |", padded.collect::<Vec<_>>().join(" | "))
}

/// A ratio, and whether it is within its bound.
pub fn ratio(ours: Duration, other: Duration, bound: f64) -> String {
    let ratio = ours.as_secs_f64() / other.as_secs_f64();
    let digits = if bound < 0.1 { 4 } else { 2 };
    format!("{ratio:.digits$} {}", verdict(ratio, bound))
}

/// A ratio without a bound.
pub fn plain_ratio(ours: Duration, other: Duration) -> String {
    if other.is_zero() {
        return "–".to_owned();
    }
    format!("{:.2}", ours.as_secs_f64() / other.as_secs_f64())
}

/// Whether a figure is within its bound.
pub fn verdict(figure: f64, bound: f64) -> String {
    let word = if figure <= bound { "ok" } else { "over" };
    format!("({word}, ≤ {bound})")
}

pub fn time(time: Duration) -> String {
    let nanoseconds = time.as_nanos();
    match nanoseconds {
        0..10_000 => format!("{nanoseconds} ns"),
        10_000..10_000_000 => format!("{} µs", nanoseconds / 1_000),
        _ => format!("{} ms", nanoseconds / 1_000_000),
    }
}

/// The time that this percentage of all times does not exceed.
pub fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let last = sorted.len().saturating_sub(1);
    sorted
        .get(last * percent / 100)
        .copied()
        .unwrap_or_default()
}
