//! Optimistic concurrency: what becomes of each append in a batch, given what the log holds; pure.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::CommandId;
use uuid::Uuid;

use crate::append::{Append, AppendError, Receipt, Stream};

/// What the log holds about the streams and commands of a batch.
#[derive(Default, Debug)]
pub(crate) struct Known {
    /// The last sequence of each stream; a stream that is missing is new.
    pub sequences: HashMap<Stream, u64>,
    pub applied: HashMap<CommandId, Applied>,
}

/// A command that is in the log.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Applied {
    pub fingerprint: [u8; 32],
    pub aggregate_type: String,
    pub aggregate_id: Uuid,
    pub first_position: u64,
    pub last_position: u64,
    pub recorded_at: DateTime<Utc>,
}

/// What becomes of one append.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Verdict {
    /// Written; its first event comes this far after the head, from 1.
    Write {
        offset: u64,
    },
    /// Applied before.
    Earlier(Applied),
    /// The same command as another one of this batch.
    Twin {
        of: usize,
    },
    Reused,
    Conflict,
}

/// The appends that are written, each with how far after the head its first event comes.
pub(crate) fn writes<'v, 'b>(
    batch: &'v [&'b Append],
    verdicts: &'v [Verdict],
) -> impl Iterator<Item = (&'b Append, u64)> {
    batch.iter().zip(verdicts).filter_map(|(append, verdict)| Some((*append, verdict.offset()?)))
}

impl Verdict {
    fn offset(&self) -> Option<u64> {
        if let Self::Write { offset } = self { Some(*offset) } else { None }
    }
}

impl Known {
    /// What the writers of a batch believe: each stream, written or rested on, is where the first of them saw it, and
    /// no command is known.
    pub fn believed(batch: &[&Append]) -> Self {
        let mut known = Self::default();
        for (stream, version) in batch.iter().flat_map(|append| append.seen()) {
            known.sequences.entry(stream).or_insert(version);
        }
        known
    }
}

impl Applied {
    /// Whether `append` asks for the same once more.
    pub fn is_of(&self, append: &Append) -> bool {
        self.fingerprint == append.provenance.fingerprint
            && (&*self.aggregate_type, self.aggregate_id) == append.own.stream()
    }

    pub fn receipt(&self, command_id: CommandId) -> Receipt {
        Receipt {
            command_id,
            first_position: self.first_position,
            last_position: self.last_position,
            recorded_at: self.recorded_at,
            duplicate: true,
        }
    }
}

/// One verdict an append, in order. Earlier appends of a batch count for later ones, also for those that only rested on
/// a stream which the earlier ones have moved.
pub(crate) fn judge(batch: &[&Append], known: &Known) -> Vec<Verdict> {
    let mut sequences = known.sequences.clone();
    let mut written: HashMap<CommandId, usize> = HashMap::new();
    let mut length = 0;
    let mut verdicts = Vec::with_capacity(batch.len());
    for (index, append) in batch.iter().enumerate() {
        let at = |stream: &Stream| sequences.get(stream).copied().unwrap_or(0);
        let verdict = if let Some(applied) = known.applied.get(&append.command_id()) {
            if applied.is_of(append) { Verdict::Earlier(applied.clone()) } else { Verdict::Reused }
        } else if let Some(&of) = written.get(&append.command_id()) {
            if same_command(batch[of], append) { Verdict::Twin { of } } else { Verdict::Reused }
        } else if append.seen().all(|(stream, version)| at(&stream) == version) {
            let offset = length + 1;
            length += append.length();
            for part in append.parts() {
                *sequences.entry(part.stream()).or_insert(0) += part.events.len() as u64;
            }
            written.insert(append.command_id(), index);
            Verdict::Write { offset }
        } else {
            Verdict::Conflict
        };
        verdicts.push(verdict);
    }
    verdicts
}

/// What to tell each writer once the batch is committed.
pub(crate) fn answers(
    batch: &[&Append],
    verdicts: &[Verdict],
    head: u64,
    recorded_at: DateTime<Utc>,
) -> Vec<Result<Receipt, AppendError>> {
    let written = |index: usize, offset: u64, duplicate: bool| Receipt {
        command_id: batch[index].command_id(),
        first_position: head + offset,
        last_position: head + offset + batch[index].length() - 1,
        recorded_at,
        duplicate,
    };
    let answer = |(index, verdict): (usize, &Verdict)| match verdict {
        Verdict::Write { offset } => Ok(written(index, *offset, false)),
        Verdict::Earlier(applied) => Ok(applied.receipt(batch[index].command_id())),
        Verdict::Twin { of } => {
            let offset = verdicts[*of].offset().ok_or(AppendError::Conflict)?; // A twin is always of one that is written.
            Ok(written(*of, offset, true))
        }
        Verdict::Reused => Err(AppendError::CommandIdReused),
        Verdict::Conflict => Err(AppendError::Conflict),
    };
    verdicts.iter().enumerate().map(answer).collect()
}

fn same_command(one: &Append, other: &Append) -> bool {
    one.provenance.fingerprint == other.provenance.fingerprint
        && one.own.stream() == other.own.stream()
}

#[cfg(test)]
mod tests {
    use domain::{Actor, Role};

    use super::*;
    use crate::append::{NewEvent, Part, Provenance};

    #[test]
    fn the_second_of_two_writers_at_the_same_sequence_conflicts() {
        let (one, two) = (append(1, 0, 2), append(2, 0, 1));
        assert_eq!(
            judge(&[&one, &two], &Known::default()),
            [Verdict::Write { offset: 1 }, Verdict::Conflict]
        );
    }

    #[test]
    fn a_writer_that_knows_of_the_one_before_it_follows_it() {
        let (one, two) = (append(1, 0, 2), append(2, 2, 1));
        let verdicts = judge(&[&one, &two], &Known::default());
        assert_eq!(verdicts, [Verdict::Write { offset: 1 }, Verdict::Write { offset: 3 }]);
    }

    #[test]
    fn the_same_command_twice_in_a_batch_is_written_once() {
        let one = append(1, 0, 2);
        let verdicts = judge(&[&one, &one], &Known::default());
        assert_eq!(verdicts, [Verdict::Write { offset: 1 }, Verdict::Twin { of: 0 }]);
        let answers = answers(&[&one, &one], &verdicts, 10, DateTime::UNIX_EPOCH);
        let positions: Vec<_> = answers
            .into_iter()
            .map(|a| a.map(|r| (r.first_position, r.last_position, r.duplicate)).ok())
            .collect();
        assert_eq!(positions, [Some((11, 12, false)), Some((11, 12, true))]);
    }

    #[test]
    fn a_command_id_with_another_body_is_refused() {
        let (one, mut two) = (append(1, 0, 1), append(1, 1, 1));
        two.provenance.fingerprint = [9; 32];
        assert_eq!(
            judge(&[&one, &two], &Known::default()),
            [Verdict::Write { offset: 1 }, Verdict::Reused]
        );
    }

    #[test]
    fn a_known_command_is_answered_whatever_its_sequence() {
        let one = append(1, 7, 1);
        let applied = Applied {
            fingerprint: [0; 32],
            aggregate_type: "thing".into(),
            aggregate_id: Uuid::nil(),
            first_position: 3,
            last_position: 3,
            recorded_at: DateTime::UNIX_EPOCH,
        };
        let known = Known {
            applied: HashMap::from([(one.command_id(), applied.clone())]),
            ..Known::default()
        };
        assert_eq!(judge(&[&one], &known), [Verdict::Earlier(applied)]);
    }

    #[test]
    fn whoever_rests_on_a_stream_that_one_before_it_moves_conflicts() {
        let (moves, rests) = (append(1, 0, 1), resting(2, 0));
        assert_eq!(
            judge(&[&moves, &rests], &Known::default()),
            [Verdict::Write { offset: 1 }, Verdict::Conflict]
        );
        let verdicts = judge(&[&rests, &moves], &Known::default());
        assert_eq!(verdicts, [Verdict::Write { offset: 1 }, Verdict::Write { offset: 2 }]);
    }

    #[test]
    fn whoever_rests_on_what_the_log_has_left_behind_conflicts() {
        let known = Known { sequences: HashMap::from([(THING, 3)]), ..Known::default() };
        assert_eq!(judge(&[&resting(1, 2)], &known), [Verdict::Conflict]);
        assert_eq!(judge(&[&resting(1, 3)], &known), [Verdict::Write { offset: 1 }]);
    }

    #[test]
    fn of_two_that_take_the_same_beside_their_own_the_second_conflicts_with_all_its_parts() {
        let (one, two) = (taking(1), taking(2));
        let verdicts = judge(&[&one, &two, &resting(3, 1)], &Known::default());
        assert_eq!(
            verdicts,
            [Verdict::Write { offset: 1 }, Verdict::Conflict, Verdict::Write { offset: 3 }]
        );
    }

    const THING: Stream = ("thing", Uuid::nil());

    fn append(command: u128, expected: u64, events: usize) -> Append {
        Append::alone(provenance(command), part(THING, expected, events))
    }

    /// An append to a stream of its own that rests on how far the thing has come.
    fn resting(command: u128, thing: u64) -> Append {
        let own = part(("other", Uuid::from_u128(command)), 0, 1);
        Append { facts: vec![(THING, thing)], ..Append::alone(provenance(command), own) }
    }

    /// An append to a stream of its own that takes the thing in the same moment.
    fn taking(command: u128) -> Append {
        let own = part(("other", Uuid::from_u128(command)), 0, 1);
        Append { beside: vec![part(THING, 0, 1)], ..Append::alone(provenance(command), own) }
    }

    fn part((aggregate_type, aggregate_id): Stream, expected: u64, events: usize) -> Part {
        let event = NewEvent { event_type: "done".into(), event_version: 1, payload: "{}".into() };
        Part { aggregate_type, aggregate_id, expected, events: vec![event; events] }
    }

    fn provenance(command: u128) -> Provenance {
        Provenance {
            command_id: CommandId(Uuid::from_u128(command)),
            fingerprint: [0; 32],
            occurred_at: DateTime::UNIX_EPOCH,
            actor: Actor::of(Role::ChannelManager, "ann"),
            causation_id: None,
            correlation_id: Uuid::nil(),
        }
    }
}
