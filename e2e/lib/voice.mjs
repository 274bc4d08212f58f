// Users of the voice service: their populations, and what both sides must say of them.
import { counter, metric } from './report.mjs';

/** A population of voice users; `variables` go to its scenario. */
export const speakers = (lab, name, scenario, load, variables = {}) => ({
  name,
  scenario,
  variables: { target: lab.url, ...variables },
  load,
});

/** Everybody once, so many more each second, for as long as given at most. */
export const each = (users, seconds, perSecond = users) => ({
  model: 'batch',
  users,
  size: Math.min(users, perSecond),
  every_s: 1,
  hold_s: seconds,
});

export const voicePlan = (name, populations, rest = {}) => ({ version: 1, name, seed: 1, populations, ...rest });

/** Of the lab's counts: the sum over all turns but the greeting. */
export const ofTurns = (voice, what) =>
  Object.entries(voice.turns).reduce((sum, [turn, counts]) => sum + (turn === '0' ? 0 : counts[what]), 0);

/** Pairs for `checks.bothSidesAgree`: what users noticed of the service, and what it says that it did. */
export const conversations = (report, voice) => ({
  greetings: [metric(report, 'greeting.first_audio').count, voice.turns['0'].begun],
  'answers begun': [metric(report, 'answer.first_audio').count, ofTurns(voice, 'begun')],
  'answers heard': [counter(report, 'turns.answered'), ofTurns(voice, 'completed')],
  'ends of speech that were heard': [metric(report, 'speak.speech_stopped').count, ofTurns(voice, 'stopped')],
  transcripts: [metric(report, 'speak.transcript_delay').count, ofTurns(voice, 'transcripts')],
  'chunks heard': [
    counter(report, 'audio.chunks.in'),
    Object.values(voice.turns).reduce((sum, turn) => sum + turn.chunks, 0),
  ],
  'audio frames sent': [
    counter(report, 'events.out.input_audio_buffer.append'),
    voice.events_in['input_audio_buffer.append'].count,
  ],
});

/** The cells of the closes table: `[population, code, phase, count]`, without what users ended themselves. */
export const closes = (report) =>
  summed(report.disconnects.filter(({ by }) => !['user', 'service'].includes(by)), ({ population, code, phase }) => [population, code, phase]);

/** Errors as `{'operation code (phase)': count}`. */
export const errorCounts = (report) =>
  Object.fromEntries(summed(report.errors, ({ operation, code, phase }) => [`${operation} ${code} (${phase})`]));

/** `[...shown, count]`: entries that look alike when shown are counted together. */
function summed(entries, shown) {
  const sums = new Map();
  for (const entry of entries) {
    const key = JSON.stringify(shown(entry));
    sums.set(key, (sums.get(key) ?? 0) + entry.count);
  }
  return [...sums].map(([key, count]) => [...JSON.parse(key), count]).sort();
}
