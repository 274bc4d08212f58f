//! Our documents as the page and a saved report show them: HTML that `build.rs` makes of `docs/`.

/// What every number means.
pub const METRICS: &str = include_str!(concat!(env!("OUT_DIR"), "/metrics.html"));
/// The scenario language.
pub const SCENARIO: &str = include_str!(concat!(env!("OUT_DIR"), "/scenario.html"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_whole_and_lead_nowhere() {
        for (document, markdown) in
            [(METRICS, include_str!("../../../docs/metrics.md")), (SCENARIO, include_str!("../../../docs/scenario.md"))]
        {
            let sections = markdown.lines().filter(|line| line.starts_with("## ")).count();
            assert!(sections > 3 && document.matches("<h3>").count() == sections, "{sections} sections");
            assert!(document.contains("<table><thead><tr><th scope=\"col\">") && !document.contains("<a "));
            let rows = markdown.lines().filter(|line| line.starts_with("|---")).count();
            assert_eq!(document.matches("<thead>").count(), rows, "tables");
        }
    }
}
