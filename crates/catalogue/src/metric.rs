//! Times, of which histograms are kept.

use super::Success::Acknowledged;
use super::definition::Name::{Behind, Numbered, Whole};
use super::{Better, Chapter, Definition as Of, Definition, MetricKind, table};

table! {
    /// A time between two moments, or a length of audio.
    Metric {
        /// An operation that is an HTTP exchange. Its name is the scenario's, so [`Metric::read`] calls it an operation.
        Request = Of::operation(Behind("HTTP operation", ""), "the exchange is handed to the browser", "its answer has been read whole: an expected status, and all that the scenario saves");
        RestSlotWait = Of::generator("rest.slot_wait", "the user wants an exchange", "it is handed to the browser: a browser opens 6 connections per host, what would queue behind them waits here");
        ConnectSlotWait = Of::generator("connect.slot_wait", "the user wants a connection", "its handshake may begin (`handshakes_in_flight`)");
        ConnectWebsocket = Of::time(Whole("connect.websocket"), "the WebSocket is created", "its `open` event: DNS, TCP, TLS, HTTP upgrade and the browser's own throttle").of_connecting();
        ConnectEngineio = Of::time(Whole("connect.engineio"), "WebSocket open", "Engine.IO OPEN packet").of_connecting();
        ConnectSocketio = Of::time(Whole("connect.socketio"), "Engine.IO OPEN packet (our CONNECT goes out at once)", "the server's CONNECT answer").of_connecting();
        Connect = Of::operation(Whole("connect"), "the WebSocket is created", "the session is usable (the three parts above)").of_connecting().ranked(2);
        Operation = Of::operation(Behind("operation", ""), "the event is handed to the socket", "the answer that the scenario waits for");
        Ack = Of::time(Behind("operation", ".ack"), "the event is handed to the socket", "its Socket.IO acknowledgement").proving(Acknowledged).of_requests();
        RoundTrip = Of::operation(Behind("operation", ".round_trip"), "a message is handed to the socket", "its own broadcast comes back to its sender").of_requests().ranked(0);
        RoundTripIntended = Of::time(Behind("operation", ".round_trip.intended"), "the time the message was **due**", "its own broadcast comes back to its sender");
        Fanout = Of::time(Behind("operation", ".fanout"), "a message is handed to its sender's socket", "it arrives at a member, one sample for every first arrival at every member, the sender included").of_two_clocks().ranked(3);
        CompletionFirst = Of::time(Behind("operation", ".completion.first"), "a message is handed to its sender's socket", "it has arrived at the first member over all workers; one sample per message").of_two_clocks();
        CompletionMedian = Of::time(Behind("operation", ".completion.median"), "a message is handed to its sender's socket", "it has arrived at the median member").of_two_clocks();
        CompletionLast = Of::time(Behind("operation", ".completion.last"), "a message is handed to its sender's socket", "it has arrived at the last member").of_two_clocks();
        PacingError = Of::generator("pacing.error", "a timer, pause or delay of a user was due", "the worker served it").in_own_panel();
        WorkerLag = Of::generator("worker.lag", "the time a worker asked its browser timer for", "the timer fired").in_own_panel();

        FirstAudio = Of::operation(Behind("answer", ".first_audio"), "the time the **last sample of speech** of the utterance was due (not the end of the silence, and not when it was sent: a late generator does not make a service look quick); for a greeting: the connection is usable; for what was not asked by voice: the `listen` step began", "first frame with audio of the answer").ranked(1).in_chapter(Chapter::Listening);
        FirstAudioOfTurn = Of::voice(Numbered("answer", ".first_audio.turn_"), "as `<answer>.first_audio`, by turn: 1 to 8, and `9_on` for all further ones", "first frame with audio of the answer");
        FirstAudioFromStopped = Of::voice(Behind("answer", ".first_audio.from_stopped"), "the service's `speech_stopped` event arrives", "first frame with audio of the answer");
        /// How much was said is no quality.
        AudioLength = Of::voice(Behind("answer", ".audio_length"), "no time between two events: the audio of a whole answer", "").falsified_by(&[]).better(Better::Neither);
        /// It is made of how much was said.
        TurnTime = Of::voice(Behind("answer", ".turn_time"), "the utterance begins", "the end event of its answer").better(Better::Neither);
        /// An utterance is an operation; its name is the scenario's.
        Spoken = Of::operation(Behind("speak", ""), "the utterance begins", "its last frame is sent").in_chapter(Chapter::Listening);
        SpeechStarted = Of::voice(Behind("speak", ".speech_started"), "the utterance begins", "the service's `speech_started`");
        SpeechStopped = Of::voice(Behind("speak", ".speech_stopped"), "the last sample of speech was due", "the service's `speech_stopped`");
        TranscriptDelay = Of::voice(Behind("speak", ".transcript_delay"), "the last sample of speech was due", "the service's `transcript`. One that comes before the service has heard the end of an utterance is of the utterance before; what could be of either is not measured");
        BargeInStop = Of::voice(Behind("speak", ".barge_in_stop"), "the first frame with speech of an utterance is sent while an answer is arriving", "the last audio of that answer; no sample if none came any more");
        AudioPacingError = Of::generator("audio.pacing.error", "a frame of the microphone was due", "the browser's `send` has taken it: what it waited behind other users' frames counts").in_own_panel().not_compared().in_chapter(Chapter::Listening);
        /// How long the run lasted is no quality.
        AudioCutWait = Of::voice(Whole("audio.cut_wait"), "as `<answer>.first_audio`", "the user left, or the run ended, before any answer came; a count of those who still waited, and no part of `<answer>.first_audio`").falsified_by(&[]).better(Better::Neither).not_compared();
        AudioGap = Of::voice(Whole("audio.gap"), "a chunk of an answer arrives", "its next one does; one sample per chunk");
        AudioJitter = Of::voice(Whole("audio.jitter"), "no time between two events: interarrival jitter of an answer's chunks, as above; one sample per answer", "");
        AudioUnderrun = Of::voice(Whole("audio.underrun"), "the player has run dry in mid-answer", "it plays again; one sample per underrun");
        AudioBehind = Of::voice(Whole("audio.behind"), "no time between two events: what an answer is behind real time, as above; one sample per answer", "");
    }
}

/// Turns that are told apart, and one more for all further ones: a conversation without end must not make metrics without end.
pub const TURNS: usize = 9;

/// When members had got a message, told once it is settled: by the first, the median and the last of them.
pub const COMPLETIONS: [Metric; 3] = [Metric::CompletionFirst, Metric::CompletionMedian, Metric::CompletionLast];

/// What voice services are compared by: `answer` is the name that the shipped scenarios give.
const FIRST_AUDIO: &str = "voice.first_audio";

/// What a metric's name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named<'a> {
    pub metric: Metric,
    /// Whose it is. Of a metric with a name of its own: that name.
    pub whose: &'a str,
}

impl Metric {
    /// Every name is one: what is none of the engine's own is an operation.
    pub fn read(name: &str) -> Named<'_> {
        let known = Self::ALL.iter().filter(|metric| !metric.name().is_empty());
        let mut found =
            known.filter_map(|&metric| Some(Named { metric, whose: metric.definition().name.whose(name)? }));
        found.next().unwrap_or(Named { metric: Self::Operation, whose: name })
    }

    /// What else a metric is called in thresholds.
    pub fn alias(name: &str) -> Option<String> {
        (name == FIRST_AUDIO).then(|| Self::FirstAudio.of("answer"))
    }

    /// Of a turn from 1.
    pub fn of_turn(answer: &str, turn: usize) -> String {
        let until = if turn < TURNS { turn.to_string() } else { format!("{TURNS}_on") };
        Self::FirstAudioOfTurn.of(answer) + &until
    }
}

impl<'a> Named<'a> {
    pub fn definition(self) -> &'static Definition {
        self.metric.definition()
    }

    /// The operation whose own row this is, with its attempts and errors; `None`: they stand elsewhere.
    pub fn operation(self) -> Option<&'a str> {
        (self.definition().kind == MetricKind::Operation).then_some(self.whose)
    }
}
