//! How often something happened.

use super::definition::Name::{Before, Behind, Whole};
use super::{Better, Chapter, Definition as Of, Definition, Falsifier, Measure, MetricKind, table};

table! {
    /// A sum over users, of the whole run.
    Counter {
        FramesIn = Of::counter(Whole("frames.in"), "WebSocket messages that came");
        FramesOut = Of::counter(Whole("frames.out"), "WebSocket messages that were sent");
        BytesIn = Of::counter(Whole("bytes.in"), "the bytes of the content of WebSocket messages that came: UTF-8 text or binary, without WebSocket framing and before any compression").of_unit(Measure::Bytes);
        BytesOut = Of::counter(Whole("bytes.out"), "the bytes of the content of WebSocket messages that were sent").of_unit(Measure::Bytes);
        EventsIn = Of::counter(Before("events.in.", "event"), "application events that came, by name, also those that nobody waits for");
        EventsOut = Of::counter(Before("events.out.", "event"), "application events that were sent");
        Arrivals = Of::counter(Whole("arrivals"), "open load: users that arrived");
        ArrivalsDropped = Of::bad(Whole("arrivals.dropped"), "open load: users that were turned away because `max_users` were there");
        Reconnects = Of::bad(Whole("reconnects"), "attempts to connect again after a lost connection");
        TimersSkipped = Of::bad(Whole("timers.skipped"), "ticks of `every` that found the user still busy with too many earlier ones");
        NotSent = of_generator(Whole("generator.not_sent"), "ticks, rests of ticks and reactions, arrivals and audio chunks that were due more than 2 s before the worker came to them, as after a sleep: they are left out, never made up for, and that time is [suspect](#verdict). A flow goes on as if that time had not passed, and users of a closed load that were due then start at the plan's own pace");
        NotLeft = of_generator(Whole("generator.not_left"), "users that were cut off because the [time to leave](plan.md) was over: the generator's own, no error of the target's");
        FramesInvalid = Of::bad(Whole("frames.invalid"), "frames that are not valid Engine.IO, Socket.IO or JSON");
        HttpRequests = Of::counter(Whole("http.requests"), "HTTP exchanges handed to the browser");
        Incomplete = Of::bad(Behind("operation", ".incomplete"), "settled messages that somebody owed them had not got").falsified_by(&[Falsifier::Queue]);
        Clamped = Of::bad(Whole("samples.clamped"), "latencies longer than an hour").falsified_by(&[Falsifier::Lateness]);

        ContractChecked = Of::counter(Whole("contract.checked"), "events that were held against their [shape](scenario.md#contract)").in_chapter(Chapter::Text);
        ContractViolations = Of::bad(Whole("contract.violations"), "broken rules in events that were held against their shape (at most one for each rule and event)").in_chapter(Chapter::Text);

        ConsistencyUsers = Of::counter(Whole("consistency.users"), "users that compared the server's history with the ledgered messages that reached them").in_chapter(Chapter::Text);
        ConsistencyCompared = Of::counter(Whole("consistency.compared"), "messages of the history that they compared").in_chapter(Chapter::Text);
        ConsistencyMissing = Of::bad(Whole("consistency.missing"), "reached the user at least two seconds before it asked, is newer than its sender's oldest message in the history, and is not there").in_chapter(Chapter::Text);
        ConsistencyDuplicated = Of::bad(Whole("consistency.duplicated"), "messages that are on a page of the history once more").in_chapter(Chapter::Text);
        ConsistencyOutOfOrder = Of::bad(Whole("consistency.out_of_order"), "messages behind a later one of the same sender in the history").in_chapter(Chapter::Text);
        ConsistencyStuckUnread = Of::bad(Whole("consistency.stuck_unread"), "another's message that the user has marked as read, in time, and that does not name it as a reader").in_chapter(Chapter::Text);

        Turns = voice("turns", "turns that users began; = `turns.answered` + `turns.interrupted` + `turns.unanswered` + `turns.lost` + `turns.cut` at the end");
        TurnsAnswered = voice("turns.answered", "turns whose answer arrived whole, and the user did not break in").better(Better::Higher);
        TurnsInterrupted = voice("turns.interrupted", "turns whose answer the user broke into, also into one that had arrived and was still being played");
        TurnsUnanswered = bad_voice("turns.unanswered", "turns without an answer: time-out, empty, or spoken over before it came").falsified_by(&[Falsifier::Lateness]);
        TurnsLost = bad_voice("turns.lost", "turns whose connection was lost");
        TurnsCut = voice("turns.cut", "turns whose user left, or that the run's end cut");
        TurnsCutWaiting = voice("turns.cut.waiting", "of `turns.cut` those that still waited for their answer, no longer than their limit: whether it would have come is not known");
        GreetingsCut = voice("audio.greetings.cut", "greetings, and other answers to nothing said, that a user listened for when it left or the run ended: not known either");
        Answers = voice("audio.answers", "answers that began, greetings included");
        AnswersEmpty = bad_voice("audio.answers.empty", "answers that ended without any audio");
        AnswersSilent = bad_voice("audio.answers.silent", "answers with no sample above −50 dB of full scale");
        AnswersClipped = bad_voice("audio.answers.clipped", "answers with three samples in a row at full scale");
        AnswersStarved = bad_voice("audio.answers.starved", "answers with at least one underrun").falsified_by(&[Falsifier::Lateness]);
        AnswersSlow = bad_voice("audio.answers.slow", "answers with a real-time factor below 0.95").falsified_by(&[Falsifier::Lateness]);
        AnswersEarly = bad_voice("audio.answers.early", "answers that began before the last sample of speech had been sent: the service took a pause for the end. The turn waits on for its answer").falsified_by(&[Falsifier::Lateness]);
        AnswersUnasked = bad_voice("audio.answers.unasked", "answers that began when the turn had been answered already").falsified_by(&[Falsifier::Lateness]);
        AnswersTooLate = bad_voice("audio.answers.too_late", "answers that began (or went on) when the user had given up waiting; nothing else is measured of its time").falsified_by(&[Falsifier::Lateness]);
        AnswersCut = bad_voice("audio.answers.cut", "answers whose connection was lost or closed in the middle, or whose end did not come in time").falsified_by(&[Falsifier::Lateness]);
        AnswersOneChunk = voice("audio.answers.one_chunk", "answers with one chunk of audio: not in `audio.jitter` and `audio.behind`");
        AnswersBrokenInto = voice("audio.answers.broken_into", "answers during whose arrival the user spoke; = samples of `barge_in_stop` + `audio.answers.stopped_before`");
        AnswersStoppedBefore = voice("audio.answers.stopped_before", "answers of which no audio came after the first speech of the user that broke in");
        TranscriptsUnclear = bad_voice("audio.transcripts.unclear", "transcripts that may be of either of two utterances, or of none");
        StoppedEarly = bad_voice("audio.stopped_early", "the service heard the end of a turn while the user was still speaking").falsified_by(&[Falsifier::Lateness]);
        ChunksOut = voice("audio.chunks.out", "frames of microphones that were sent");
        ChunksLate = of_generator(Whole("audio.chunks.late"), "frames of microphones that were sent more than 20 ms after they were due").in_chapter(Chapter::Answers);
        ChunksIn = voice("audio.chunks.in", "frames with answers");
        ReceivedMs = voice("audio.received_ms", "milliseconds of audio of all answers").of_unit(Measure::Milliseconds);
        AfterFirstMs = voice("audio.after_first_ms", "milliseconds of audio behind the first chunk of each answer").of_unit(Measure::Milliseconds);
        WallMs = voice("audio.wall_ms", "milliseconds from the first chunk's arrival to the last one's of each answer: `audio.after_first_ms` by this is the real-time factor over all").of_unit(Measure::Milliseconds);
    }
}

/// The generator's own: no error of the target's.
const fn of_generator(name: super::Name, help: &'static str) -> Definition {
    Definition { kind: MetricKind::Generator, ..Of::bad(name, help) }
}

const fn voice(name: &'static str, help: &'static str) -> Definition {
    Of::counter(Whole(name), help).in_chapter(Chapter::Answers)
}

const fn bad_voice(name: &'static str, help: &'static str) -> Definition {
    Of::bad(Whole(name), help).in_chapter(Chapter::Answers)
}

const BYTES: &str = "bytes.";
/// In front of what users found in the server's history.
const CONSISTENCY: &str = "consistency.";

impl Counter {
    /// `None`: none of the engine's.
    pub fn read(name: &str) -> Option<(Self, &str)> {
        Self::ALL.iter().find_map(|&counter| Some((counter, counter.definition().name.whose(name)?)))
    }

    /// `None`: none of the engine's.
    pub fn definition_of(name: &str) -> Option<&'static Definition> {
        Self::read(name).map(|(counter, _)| counter.definition())
    }

    /// Of a counter of bytes the word behind its unit's, for formats in which the unit stands at the end.
    pub fn direction(name: &str) -> &str {
        name.strip_prefix(BYTES).unwrap_or(name)
    }

    /// A threshold on it needs no `count` behind it: nothing else can be meant.
    pub fn is_bare(name: &str) -> bool {
        name.starts_with(CONSISTENCY)
    }

    /// The event that it counts, and the counter; `None`: it counts something else.
    pub fn event_of(name: &str) -> Option<(Self, &str)> {
        Self::read(name).filter(|(counter, _)| [Self::EventsIn, Self::EventsOut].contains(counter))
    }
}
