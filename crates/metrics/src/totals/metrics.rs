//! Histograms of a run: each metric's over all populations and, where a plan has several, of each.

use std::collections::BTreeMap;

use super::config::PopulationConfig;
use super::suspect::Split;
use crate::delta::HistogramDelta;

#[derive(Debug, Clone, Default)]
pub struct MetricTotals(pub(crate) BTreeMap<String, MetricTotal>);

/// One histogram's samples. Without those of the warm-up, except where said.
#[derive(Debug, Clone, Default)]
pub struct MetricTotal {
    pub(crate) split: Split,
    /// Its samples belong to populations.
    pub(crate) populated: bool,
    /// Only kept when the plan has several populations.
    pub(crate) by_population: BTreeMap<String, Split>,
}

impl MetricTotals {
    /// Over all populations, without the warm-up.
    pub fn get(&self, metric: &str) -> Option<&Split> {
        self.0.get(metric).map(|metric| &metric.split)
    }

    pub fn is_known(&self, metric: &str) -> bool {
        self.0.contains_key(metric)
    }

    /// One more of this name would be too many.
    pub fn is_full_for(&self, metric: &str) -> bool {
        self.0.len() >= MOST && !self.is_known(metric)
    }

    pub fn absorb(&mut self, delta: &HistogramDelta, is_suspect: bool, has_populations: bool) {
        if !self.is_known(&delta.metric) {
            self.0.insert(delta.metric.clone(), MetricTotal::default());
        }
        let metric = self.0.get_mut(&delta.metric).expect("it was put there when it was not");
        metric.populated |= !delta.population.is_empty();
        if !delta.warmup {
            metric.split.absorb(delta, is_suspect);
            if has_populations && !delta.population.is_empty() {
                metric.by_population.entry(delta.population.clone()).or_default().absorb(delta, is_suspect);
            }
        }
    }

    /// Every metric with samples: of the population; where there are several, over all of them (`None`) and then of each.
    pub fn splits<'a>(
        &'a self,
        populations: &'a [PopulationConfig],
    ) -> impl Iterator<Item = (&'a str, Option<&'a str>, &'a Split)> {
        let only = if let [only] = populations { Some(only.name.as_str()) } else { None };
        let entries = self.0.iter().flat_map(move |(name, metric)| {
            let parts = metric.by_population.iter().map(|(population, part)| (Some(population.as_str()), part));
            std::iter::once((only.filter(|_| metric.populated), &metric.split))
                .chain(parts)
                .map(|(population, part)| (name.as_str(), population, part))
        });
        entries.filter(|(_, _, split)| !split.all.is_empty())
    }
}

/// Metrics told apart: more than any plan names. A histogram is some hundred kilobytes.
const MOST: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;
    use base::time::Span;

    #[test]
    fn a_metric_is_told_of_its_population_or_of_all_and_then_of_each() {
        #[track_caller]
        fn check(populations: &[&str], samples: &[&str], expected: &[(Option<&str>, u64)]) {
            let config = |name: &&str| PopulationConfig { name: (*name).to_owned(), ..<_>::default() };
            let populations: Vec<_> = populations.iter().map(config).collect();
            let mut metrics = MetricTotals::default();
            for (warmup, population) in samples.iter().map(|population| (false, population)).chain([(true, &"a")]) {
                let delta = HistogramDelta::of("m".into(), (*population).into(), warmup, &[Span::from_millis(1)]);
                metrics.absorb(&delta.expect("one sample"), false, populations.len() > 1);
            }
            let splits = metrics.splits(&populations).map(|(_, population, split)| (population, split.all.count()));
            assert_eq!(splits.collect::<Vec<_>>(), expected);
        }
        check(&["a"], &["a", "a"], &[(Some("a"), 2)]);
        check(&["a"], &[], &[]);
        check(&["a", "b"], &["a", "b", "a"], &[(None, 3), (Some("a"), 2), (Some("b"), 1)]);
        check(&["a", "b"], &["", "a"], &[(None, 2), (Some("a"), 1)]);
    }

    #[test]
    fn there_is_room_for_so_many() {
        let mut metrics = MetricTotals::default();
        metrics.0.extend((0..MOST).map(|number| (format!("m{number}"), MetricTotal::default())));
        assert!(metrics.is_full_for("one more") && !metrics.is_full_for("m7"));
    }
}
