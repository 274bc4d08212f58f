//! One account per user index, unique over the whole run.

use super::model::Accounts;

/// The accounts of one population.
#[derive(Debug, Clone)]
pub struct AccountBook {
    columns: Vec<String>,
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    /// By column; run and population are filled in, `{n}` is not.
    Patterns(Vec<String>),
    Rows(Vec<Vec<String>>),
}

impl AccountBook {
    /// `rows` are the rows of a CSV file in the order of the plan's columns; ignored by patterns.
    pub fn new(accounts: &Accounts, run: &str, population: &str, rows: Vec<Vec<String>>) -> Self {
        match accounts {
            Accounts::Pattern { columns } => {
                let fill = |pattern: &String| pattern.replace("{run}", run).replace("{population}", &plain(population));
                let patterns = columns.values().map(fill).collect();
                Self { columns: columns.keys().cloned().collect(), source: Source::Patterns(patterns) }
            }
            Accounts::Csv { columns } => Self { columns: columns.clone(), source: Source::Rows(rows) },
        }
    }

    /// `account.<column>` values of a user: pattern filled in, or the user's CSV row. `None`: the file has too few
    /// rows (a checked plan never asks for more).
    pub fn account(&self, user: u32) -> Option<Vec<(String, String)>> {
        match &self.source {
            Source::Patterns(patterns) => Some(self.filled(patterns, &(u64::from(user) + 1).to_string())),
            Source::Rows(rows) => rows.get(user as usize).map(|row| self.named(row)),
        }
    }

    /// The account that the run's `once` steps use: `{n}` is `once`; of a file the last row, which no user gets then
    /// (see [`Accounts::rows_needed`]).
    pub fn once_account(&self) -> Option<Vec<(String, String)>> {
        match &self.source {
            Source::Patterns(patterns) => Some(self.filled(patterns, "once")),
            Source::Rows(rows) => rows.last().map(|row| self.named(row)),
        }
    }

    /// Learns the row of a user that was not this part's.
    pub fn learn(&mut self, user: u32, row: Vec<String>) {
        if let Source::Rows(rows) = &mut self.source
            && !row.is_empty()
        {
            let place = user as usize;
            rows.resize(rows.len().max(place + 1), Vec::new());
            rows[place] = row;
        }
    }

    /// A part knows the rows of its own users, the others are empty.
    pub fn knows(&self, user: u32) -> bool {
        match &self.source {
            Source::Patterns(_) => true,
            Source::Rows(rows) => rows.get(user as usize).is_some_and(|row| !row.is_empty()),
        }
    }

    fn filled(&self, patterns: &[String], n: &str) -> Vec<(String, String)> {
        self.columns.iter().cloned().zip(patterns.iter().map(|pattern| pattern.replace("{n}", n))).collect()
    }

    fn named(&self, row: &[String]) -> Vec<(String, String)> {
        self.columns.iter().cloned().zip(row.iter().cloned()).collect()
    }
}

impl Accounts {
    /// Servers want names that nobody ever had.
    pub(super) const USUAL_NAME: &str = "Swarm {run} {population} {n}";

    /// Gives the columns that a scenario uses and nobody has named their usual patterns.
    pub(super) fn complete(&mut self, used: &[String]) {
        let (Self::Pattern { columns }, Self::Pattern { columns: usual }) = (self, Self::default()) else { return };
        for (column, pattern) in usual.into_iter().filter(|(column, _)| used.contains(column)) {
            columns.entry(column).or_insert(pattern);
        }
    }

    /// Rows that a file must have for so many users; 0 for patterns. Each row is used once; one more serves the run's
    /// `once` steps if the scenario has any.
    pub fn rows_needed(&self, users: u64, has_once: bool) -> u64 {
        match self {
            Self::Pattern { .. } => 0,
            Self::Csv { .. } => users + u64::from(has_once),
        }
    }
}

/// A population's name as part of an e-mail address.
pub(super) fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(found: Option<Vec<(String, String)>>, expected: &[(&str, &str)]) {
        let found = found.expect("an account");
        assert_eq!(found.iter().map(|(c, v)| (c.as_str(), v.as_str())).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn patterns_give_every_user_an_account_of_its_own() {
        let book = AccountBook::new(&Accounts::default(), "a1b", "Night Owls", Vec::new());
        let email = "ts-a1b-night-owls-1@tabswarm.test";
        check(book.account(0), &[("email", email), ("name", "Swarm a1b night-owls 1"), ("password", "Tabswarm-1")]);
        let email = "ts-a1b-night-owls-once@tabswarm.test";
        check(
            book.once_account(),
            &[("email", email), ("name", "Swarm a1b night-owls once"), ("password", "Tabswarm-once")],
        );
        assert!(book.account(u32::MAX).is_some());
    }

    #[test]
    fn what_a_server_wants_unique_is_so_over_all_runs() {
        let Accounts::Pattern { columns } = Accounts::default() else { panic!("patterns") };
        for (column, pattern) in columns.iter().filter(|(column, _)| *column != "password") {
            for part in ["{run}", "{population}", "{n}"] {
                assert!(pattern.contains(part), "{column}: {pattern}");
            }
        }
    }

    #[test]
    fn rows_serve_users_in_order_and_the_last_one_the_run() {
        let accounts = Accounts::Csv { columns: vec!["user".into(), "pin".into()] };
        let rows = [["ann", "1"], ["bob", "2"], ["eve", "3"]].map(|row| row.map(str::to_owned).to_vec()).to_vec();
        let book = AccountBook::new(&accounts, "a1b", "all", rows);
        check(book.account(1), &[("user", "bob"), ("pin", "2")]);
        check(book.once_account(), &[("user", "eve"), ("pin", "3")]);
        assert_eq!(book.account(3), None);
        let mut other = AccountBook::new(&accounts, "a1b", "all", vec![Vec::new(); 3]);
        other.learn(1, vec!["bob".to_owned(), "2".to_owned()]);
        assert_eq!([0, 1, 2].map(|user| other.knows(user)), [false, true, false]);
        check(other.account(1), &[("user", "bob"), ("pin", "2")]);
        assert_eq!((accounts.rows_needed(2, true), accounts.rows_needed(2, false)), (3, 2));
        assert_eq!(Accounts::default().rows_needed(2, true), 0);
    }
}
