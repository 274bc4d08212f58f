//! The swarm as the page shows it.

use std::collections::BTreeSet;

use crate::format;
use crate::run::view::table::{Cell, Column, Row};
use crate::run::view::{Mood, StatusView, struggling};
use crate::safety::in_words;
use base::time::Timestamp;
use run::{Run, RunPhase};
use swarm::{
    Card, Conductor, Consent, Generator, Invite, Offer, Offset, PartEnd, Patience, Picture, Refused, Role, Seat,
    Traffic, Watcher,
};

/// What the page knows of the swarm it is in.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SwarmView {
    /// `None`: it is in none.
    pub role: Option<Role>,
    pub name: String,
    pub broker: String,
    /// The fragment that invites others to play, and the one that lets them watch.
    pub invite: String,
    pub watch: String,
    /// What brought this page itself here.
    pub own: Option<Invite>,
    pub is_connected: bool,
    pub problem: Option<String>,
    /// Somebody with a link lies about who he is.
    pub forged: Option<String>,
    pub only_watches: bool,
    pub moves_parts: bool,
    /// How long the others play on without this conductor.
    pub patience: Patience,
    pub roster: Vec<Row>,
    /// Who is not in the roster, because it would be too long.
    pub unlisted: String,
    /// How many browsers are here, and whether they are enough for the plan.
    pub capacity: (String, Mood),
    /// Thresholds of the plan that its clocks cannot judge.
    pub doubts: Vec<String>,
    /// What the link has carried and refused.
    pub traffic: String,
    pub part: Option<PartView>,
}

/// A generator's part in it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PartView {
    /// Of the offer.
    pub number: u32,
    pub conductor: String,
    pub plan: String,
    pub users: String,
    pub length: String,
    /// How long it plays on without its conductor.
    pub patience: String,
    /// Hosts with their ports.
    pub places: Vec<String>,
    /// The most users that it plays, whatever the conductor says.
    pub most: u32,
    /// When load begins.
    pub from: &'static str,
    /// What each of them gets that is not this machine.
    pub far: Vec<String>,
    pub consent: Consent,
    pub is_playing: bool,
    /// What this browser does now, in words.
    pub state: (String, Mood),
    /// The whole run's, while this browser plays in it.
    pub status: Option<StatusView>,
    /// How the whole run looks: label, value, note.
    pub tiles: Vec<(String, String, String)>,
    pub progress: String,
}

/// What a swarm looks like from outside of its machines.
pub struct SwarmFacts<'a> {
    pub invite: &'a Invite,
    pub name: &'a str,
    pub is_connected: bool,
    pub problem: Option<&'a str>,
    pub only_watches: bool,
    pub moves_parts: bool,
    pub traffic: Traffic,
}

pub const ROSTER_COLUMNS: [Column; 11] = [
    Column::name("Browser"),
    Column::text("State"),
    Column::text("Program"),
    Column::number("Cores"),
    Column::number("Sockets"),
    Column::number("Round trip"),
    Column::number("Clock off by"),
    Column::number("Users"),
    Column::number("Sent"),
    Column::number("Received"),
    Column::number("Errors"),
];

impl SwarmView {
    pub fn of_conductor(
        facts: &SwarmFacts<'_>,
        conductor: &Conductor,
        own: &Card,
        run: Option<&Run>,
        wanted_users: Option<u32>,
    ) -> Self {
        let run = run.filter(|run| !run.is_done());
        let own_row = own_row(facts, conductor, own, run);
        let (seats, unlisted) = listed(conductor.seats().collect());
        let roster =
            [own_row].into_iter().chain(seats.into_iter().map(|seat| seat_row(facts, seat, own, run))).collect();
        Self {
            roster,
            unlisted,
            capacity: capacity(facts, conductor, own, wanted_users),
            patience: conductor.patience(),
            ..Self::common(facts, conductor.malformed())
        }
    }

    pub fn of_generator(facts: &SwarmFacts<'_>, generator: &Generator) -> Self {
        // Of a conductor that is not heard nobody knows how its run looks now.
        let picture = generator.picture().filter(|_| facts.is_connected && !generator.is_alone());
        let part = PartView {
            most: generator.card().sockets,
            consent: generator.card().consent.clone(),
            is_playing: generator.run().is_some(),
            state: part_state(facts, generator),
            status: picture.filter(|_| generator.run().is_some()).map(|picture| StatusView::of(&picture.status)),
            ..PartView::of(generator.offered(), picture)
        };
        Self { part: Some(part), ..Self::common(facts, generator.refused()) }
    }

    pub fn of_watcher(facts: &SwarmFacts<'_>, watcher: &Watcher) -> Self {
        let part = PartView {
            // Nobody asks it anything.
            consent: Consent::Given,
            state: watched_state(facts, watcher),
            ..PartView::of(watcher.offered(), watcher.picture())
        };
        Self { part: Some(part), ..Self::common(facts, watcher.unreadable()) }
    }

    fn common(facts: &SwarmFacts<'_>, unreadable: u64) -> Self {
        let Traffic { bytes_out, bytes_in, refused } = facts.traffic;
        let forged = forged(facts.invite.role(), refused);
        let refused = refused.total() + unreadable;
        let carried = format!("{} sent, {} received", format::bytes(bytes_out as f64), format::bytes(bytes_in as f64));
        Self {
            role: Some(facts.invite.role()),
            name: format::foreign(facts.name),
            broker: facts.invite.broker.clone(),
            invite: facts.invite.to_join().unwrap_or_default(),
            watch: facts.invite.to_watch(),
            own: Some(facts.invite.clone()),
            forged,
            is_connected: facts.is_connected,
            problem: facts.problem.map(|why| match facts.is_connected {
                true => why.to_owned(),
                false => format!("{why}; trying again; users who play go on until their patience ends"),
            }),
            only_watches: facts.only_watches,
            moves_parts: facts.moves_parts,
            traffic: if refused == 0 {
                carried
            } else {
                format!("{carried}, refused messages: {}", format::count(refused))
            },
            ..Self::default()
        }
    }

    /// This page's own operator is asked something.
    pub fn is_asking(&self) -> bool {
        self.part.as_ref().is_some_and(|part| !part.plan.is_empty() && part.consent == Consent::Asked)
    }
}

impl PartView {
    /// What the conductor says of itself and of the run.
    fn of(offer: Option<&Offer>, picture: Option<&Picture>) -> Self {
        let offer = offer.cloned().unwrap_or_default();
        Self {
            number: offer.number,
            conductor: format::foreign(&offer.conductor),
            plan: format::foreign(&offer.plan),
            users: format::count(offer.users.into()),
            length: format::duration(offer.seconds),
            patience: patience_in_words(offer.patience),
            far: offer.far.iter().map(|load| format!("{}: {}", load.host, in_words(load))).collect(),
            places: offer.places.into_iter().collect(),
            from: if offer.starts { AT_ONCE } else { WHEN_IT_STARTS },
            tiles: picture.map(|picture| picture.tiles.clone()).unwrap_or_default(),
            progress: picture.map_or_else(String::new, |picture| {
                format!("{} · {}", format::foreign(&picture.plan), StatusView::of(&picture.status).clock())
            }),
            ..Self::default()
        }
    }
}

/// Nobody without a link gets so far that it counts as forged.
fn forged(role: Role, refused: Refused) -> Option<String> {
    let whom = match role {
        Role::Conductor => "this conductor or another browser",
        Role::Generator | Role::Watcher => "its conductor",
    };
    let count = format::count(refused.forged);
    let messages = if refused.forged == 1 { "1 message was".to_owned() } else { format!("{count} messages were") };
    (refused.forged > 0).then(|| format!("somebody with a link of this swarm poses as {whom}: {messages} refused"))
}

/// The seats that are shown, and what is said of the others: anybody with the link can bring as many as he likes.
fn listed(mut seats: Vec<&Seat>) -> (Vec<&Seat>, String) {
    let play = |seat: &Seat| !seat.workers.is_empty();
    let most = seats.iter().filter(|seat| play(seat)).count().max(ROSTER_ROWS);
    let more = seats.len().saturating_sub(most);
    if more == 0 {
        return (seats, String::new());
    }
    seats.sort_by_key(|seat| (!play(seat), seat.card.is_none()));
    seats.truncate(most);
    (seats, format!("{} more are not listed: none of them plays a part.", format::count(more as u64)))
}

fn own_row(facts: &SwarmFacts<'_>, conductor: &Conductor, own: &Card, run: Option<&Run>) -> Row {
    let workers: Vec<usize> = run.map_or_else(Vec::new, |run| {
        (0..run.worker_count()).filter(|&worker| conductor.place_of(worker).is_none()).collect()
    });
    let state = if facts.only_watches { "conducts and observes" } else { "conducts" };
    let state = match run.and_then(|run| run.silent_since(&workers)) {
        Some(since) => Cell::new(format!("{state}, {}", silent(since))).with_mood(Mood::Bad),
        None => state.to_owned().into(),
    };
    let mut cells = vec![Cell::from(format!("{} (this one)", format::foreign(facts.name))), state];
    cells.extend(card_cells(Some(own)));
    cells.extend([format::NOTHING.to_owned().into(), format::NOTHING.to_owned().into()]);
    cells.extend(share_cells(run, &workers));
    Row { key: "own".to_owned(), is_part: false, cells }
}

fn seat_row(facts: &SwarmFacts<'_>, seat: &Seat, own: &Card, run: Option<&Run>) -> Row {
    let (state, mood) = match seat_state(seat, own, run) {
        // What it was when it was last heard.
        (_, Mood::Good) if !facts.is_connected => ("not heard: no broker".to_owned(), Mood::Warn),
        known => known,
    };
    let mut cells = vec![Cell::from(format::foreign(&seat.name())), Cell::new(state).with_mood(mood)];
    cells.extend(card_cells(seat.card.as_ref()));
    let round_trip = seat.clock.map_or_else(|| format::NOTHING.to_owned(), |clock| format::millis(clock.round_trip));
    cells.extend([round_trip.into(), seat.clock.map_or_else(|| format::NOTHING.to_owned(), clock).into()]);
    cells.extend(share_cells(run, &seat.workers));
    Row { key: seat.session.to_string(), is_part: false, cells }
}

fn card_cells(card: Option<&Card>) -> [Cell; 3] {
    match card {
        Some(card) => [
            card.browser.clone().into(),
            format::count(card.cores.into()).into(),
            format::count(card.sockets.into()).into(),
        ],
        None => [format::NOTHING, format::NOTHING, format::NOTHING].map(|text| text.to_owned().into()),
    }
}

fn share_cells(run: Option<&Run>, workers: &[usize]) -> [Cell; 4] {
    let Some(run) = run.filter(|_| !workers.is_empty()) else {
        return [format::NOTHING; 4].map(|text| text.to_owned().into());
    };
    let (users, counts) = run.share_of(workers);
    let errors =
        Cell::new(format::count(counts.errors)).with_mood(if counts.errors > 0 { Mood::Bad } else { Mood::Plain });
    let connected = users.flow + users.active;
    [
        format::count(connected.into()).into(),
        format::count(counts.sent).into(),
        format::count(counts.received).into(),
        errors,
    ]
}

/// What a conductor can choose from: each with its value in a form.
pub fn patiences() -> Vec<(String, String)> {
    PATIENCES.into_iter().map(|patience| (patience_value(patience), patience_in_words(patience))).collect()
}

pub fn patience_value(patience: Patience) -> String {
    match patience {
        Patience::Seconds(seconds) => seconds.to_string(),
        Patience::ToThePlansEnd => "end".to_owned(),
    }
}

/// What a form's value means; anything else is the usual patience.
pub fn patience_of(value: &str) -> Patience {
    PATIENCES.into_iter().find(|patience| patience_value(*patience) == value).unwrap_or_default()
}

fn patience_in_words(patience: Patience) -> String {
    match patience {
        Patience::Seconds(seconds) => format::duration(f64::from(seconds)),
        Patience::ToThePlansEnd => "to the plan's end".to_owned(),
    }
}

/// What the other clock shows more than ours, and how wrong that can be.
fn clock(Offset { offset, bound, .. }: Offset) -> String {
    let sign = if offset > 0.0 { "−" } else { "" };
    format!("{sign}{} ± {}", format::millis(offset.abs()), format::millis(bound))
}

fn seat_state(seat: &Seat, own: &Card, run: Option<&Run>) -> (String, Mood) {
    let lag = run.and_then(|run| struggling(run.totals(), &seat.workers));
    let since = run.and_then(|run| run.silent_since(&seat.workers));
    match &seat.card {
        _ if seat.is_out => ("was put out of the run: see its log".to_owned(), Mood::Bad),
        _ if seat.is_away => {
            let since = since
                .map_or_else(String::new, |since| format!(", silent since {}", format::clock(since.as_secs_f64())));
            (format!("away{since}"), Mood::Bad)
        }
        None => ("is coming".to_owned(), Mood::Plain),
        Some(_) if !seat.workers.is_empty() && run.is_some() => match lag {
            _ if run.is_some_and(|run| run.has_stopped(&seat.workers)) => {
                ("its part is stopped: see the run's log".to_owned(), Mood::Bad)
            }
            _ if since.is_some() => (format!("plays, {}", since.map(silent).unwrap_or_default()), Mood::Bad),
            Some(text) => (format!("plays, struggles: timers {text} late"), Mood::Warn),
            None if seat.card.as_ref().is_some_and(|card| card.only_watches) => ("observes".to_owned(), Mood::Good),
            None => ("plays".to_owned(), Mood::Good),
        },
        Some(card) if card.build != own.build => {
            ("another build of tabswarm: gets no part until its page is loaded anew".to_owned(), Mood::Bad)
        }
        Some(Card { playing: Some((theirs, _)), .. }) if run.is_none() => {
            (format!("has a part of run {theirs}, which this page does not conduct"), Mood::Warn)
        }
        Some(card) => match &card.consent {
            Consent::Asked => ("asks its operator".to_owned(), Mood::Warn),
            Consent::Given if card.only_watches => ("ready to observe".to_owned(), Mood::Good),
            Consent::Given => ("ready".to_owned(), Mood::Good),
            Consent::Refused(why) => (format!("does not play: {why}"), Mood::Bad),
        },
    }
}

fn capacity(facts: &SwarmFacts<'_>, conductor: &Conductor, own: &Card, wanted_users: Option<u32>) -> (String, Mood) {
    let observes = |seat: &Seat| seat.card.as_ref().is_some_and(|card| card.only_watches);
    let fits = |seat: &Seat| seat.card.as_ref().is_none_or(|card| card.build == own.build);
    let here: Vec<&Seat> = conductor.seats().filter(|seat| !seat.is_away && !observes(seat) && fits(seat)).collect();
    let others: u32 = here.iter().filter_map(|seat| seat.card.as_ref()).map(|card| card.sockets).sum();
    let sockets = others + if facts.only_watches { 0 } else { own.sockets };
    let browsers = here.len() + usize::from(!facts.only_watches);
    let have = format!(
        "{browsers} {}, up to {} users.",
        if browsers == 1 { "browser" } else { "browsers" },
        format::count(sockets.into())
    );
    match wanted_users {
        _ if !facts.is_connected => ("Without its broker this is no swarm: nobody can join.".to_owned(), Mood::Bad),
        Some(wanted) if wanted > sockets => {
            let more = (wanted - sockets).div_ceil(PER_BROWSER);
            let noun = if more == 1 { "browser" } else { "browsers" };
            (format!("{have} You need {more} more {noun} for {} users.", format::count(wanted.into())), Mood::Warn)
        }
        Some(wanted) => (format!("{have} The plan has {}.", format::count(wanted.into())), Mood::Good),
        None => (have, Mood::Plain),
    }
}

fn watched_state(facts: &SwarmFacts<'_>, watcher: &Watcher) -> (String, Mood) {
    let (text, mood) = match watcher.picture() {
        _ if !facts.is_connected => ("Connecting to the broker", Mood::Warn),
        _ if !watcher.has_met() => ("Waiting for the conductor", Mood::Plain),
        _ if watcher.is_alone() => ("The conductor is not heard", Mood::Bad),
        None => ("Nothing of a run has been heard yet", Mood::Plain),
        Some(picture) => return (format!("Shows run {}", picture.run), Mood::Good),
    };
    (text.to_owned(), mood)
}

fn part_state(facts: &SwarmFacts<'_>, generator: &Generator) -> (String, Mood) {
    let phase = generator.picture().map(|picture| picture.status.phase).unwrap_or_default();
    if let (Some(run), Some(ended)) = (generator.run(), generator.ended()) {
        return ended_state(facts, generator, run, ended);
    }
    if !facts.is_connected {
        return ("connecting to the broker".to_owned(), Mood::Warn);
    }
    if generator.is_alone() {
        return (format!("the conductor does not answer{}", kept_for_it(generator)), Mood::Bad);
    }
    if generator.offered().is_some_and(|offer| offer.build != generator.card().build) {
        let text = "the conductor's page is of another build of tabswarm: load this page anew";
        return (text.to_owned(), Mood::Bad);
    }
    match (&generator.card().consent, generator.run(), generator.offered()) {
        (_, Some(run), _) if phase == RunPhase::Stopping => (format!("run {run} is stopping"), Mood::Good),
        (_, Some(run), _) => match generator.silent_since() {
            Some(since) => (format!("plays its part of run {run}, {}", silent(since)), Mood::Bad),
            None => plays(run, &generator.limits_met()),
        },
        (_, None, None) => ("waits for the conductor".to_owned(), Mood::Plain),
        (Consent::Asked, ..) => ("waits for you".to_owned(), Mood::Warn),
        (Consent::Given, ..) => ("ready: the conductor starts the run".to_owned(), Mood::Good),
        (Consent::Refused(why), ..) => (format!("does not play: {why}"), Mood::Bad),
    }
}

/// It plays nothing, whatever the conductor's last picture shows.
fn ended_state(facts: &SwarmFacts<'_>, generator: &Generator, run: &str, ended: &PartEnd) -> (String, Mood) {
    let (mut text, mood) = match ended {
        PartEnd::Alone { at_s } => {
            let at = format::clock(*at_s);
            (format!("its part of run {run} stopped by itself at {at}, because nobody conducted it"), Mood::Bad)
        }
        PartEnd::Stopped(why) => (format!("its part of run {run} is stopped: {why}"), Mood::Warn),
    };
    if !facts.is_connected {
        text.push_str("; connecting to the broker");
    } else if generator.is_alone() {
        text.push_str("; the conductor does not answer");
    }
    (text + &kept_for_it(generator), mood)
}

/// What the conductor has not got yet.
fn kept_for_it(generator: &Generator) -> String {
    match generator.unkept() {
        0 => String::new(),
        1 => "; 1 part of the result is kept for it".to_owned(),
        kept => format!("; {kept} parts of the result are kept for it"),
    }
}

fn silent(since: Timestamp) -> String {
    format!("but a worker of it is silent since {}", format::clock(since.as_secs_f64()))
}

fn plays(run: &str, limits_met: &BTreeSet<&str>) -> (String, Mood) {
    let plays = format!("plays its part of run {run}");
    if limits_met.is_empty() {
        return (plays, Mood::Good);
    }
    let met = limits_met.iter().copied().collect::<Vec<_>>();
    (format!("{plays}, within your limits ({})", met.join("; ")), Mood::Warn)
}

/// Less than the usual lets a short outage be tried in a short time.
const PATIENCES: [Patience; 7] = [
    Patience::Seconds(4),
    Patience::Seconds(8),
    Patience::Seconds(15),
    Patience::Seconds(30),
    Patience::Seconds(60),
    Patience::Seconds(300),
    Patience::ToThePlansEnd,
];

/// Of those who play no part: more than a swarm was ever seen to have, and few enough to be drawn four times a second.
const ROSTER_ROWS: usize = 300;

const WHEN_IT_STARTS: &str = "when the conductor presses Start";
const AT_ONCE: &str = "at once: the conductor has pressed Start";
/// What a further browser brings.
const PER_BROWSER: u32 = 250;

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
