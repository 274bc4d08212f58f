//! The time series as CSV: one row a second, one column a series, empty where nothing was measured.

use metrics::{MetricSeries, Report};

type Column<'a> = (String, Box<dyn Fn(usize) -> Option<f64> + 'a>);

pub fn write(report: &Report) -> String {
    let columns = columns(report);
    let rows = rows(report);
    let mut out = String::from("second");
    for (name, _) in &columns {
        out.push(',');
        out.push_str(&field(name));
    }
    out.push_str("\r\n");
    for second in 0..rows {
        out.push_str(&second.to_string());
        for (_, value) in &columns {
            out.push(',');
            if let Some(value) = value(second) {
                out.push_str(&value.to_string());
            }
        }
        out.push_str("\r\n");
    }
    out
}

fn columns(report: &Report) -> Vec<Column<'_>> {
    let series = &report.series;
    let values = series.values.iter().map(|(name, values)| -> Column<'_> {
        (name.clone(), Box::new(move |second| values.get(second).copied().flatten()))
    });
    let metrics = series.metrics.iter().flat_map(|(name, metric)| metric_columns(name, metric));
    values.chain(metrics).collect()
}

fn metric_columns<'a>(name: &str, metric: &'a MetricSeries) -> Vec<Column<'a>> {
    let statistics = [("p50", &metric.p50), ("p95", &metric.p95), ("p99", &metric.p99), ("max", &metric.max)];
    let count: Column<'a> =
        (format!("{name} count"), Box::new(|second| metric.count.get(second).map(|&count| f64::from(count))));
    let of = |(statistic, values): (&str, &'a Vec<Option<f64>>)| -> Column<'a> {
        (format!("{name} {statistic} ms"), Box::new(move |second| values.get(second).copied().flatten()))
    };
    [count].into_iter().chain(statistics.map(of)).collect()
}

fn rows(report: &Report) -> usize {
    let values = report.series.values.values().map(Vec::len);
    values.chain(report.series.metrics.values().map(|metric| metric.count.len())).max().unwrap_or(0)
}

/// Quoted as RFC 4180 says. A name may come from a server: a spreadsheet must not take it for a formula.
fn field(name: &str) -> String {
    let name = if name.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{name}") } else { name.to_owned() };
    if name.contains([',', '"', '\n', '\r']) { format!("\"{}\"", name.replace('"', "\"\"")) } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: &str) {
        assert_eq!(field(name), expected);
    }

    #[test]
    fn names_are_quoted_where_they_must_be() {
        check("users.active", "users.active");
        check("events.in.a,b", "\"events.in.a,b\"");
        check("a \"b\"", "\"a \"\"b\"\"\"");
        check("=1+1", "'=1+1");
    }
}
