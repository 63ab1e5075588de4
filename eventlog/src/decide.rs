//! What becomes of each append in a batch, given what the log holds already: pure, and the same on both engines.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::CommandId;
use uuid::Uuid;

use crate::append::{Append, AppendError, Receipt};

/// One aggregate's events.
pub(crate) type Stream = (&'static str, Uuid);

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

impl Known {
    /// What the writers of a batch believe: each stream is where its first writer saw it, and no command is known.
    pub fn believed(batch: &[&Append]) -> Self {
        let mut known = Self::default();
        for append in batch {
            known.sequences.entry(append.stream()).or_insert(append.expected);
        }
        known
    }
}

impl Append {
    pub(crate) fn stream(&self) -> Stream {
        (self.aggregate_type, self.aggregate_id)
    }

    pub(crate) fn command_id(&self) -> CommandId {
        self.provenance.command_id
    }
}

impl Applied {
    /// Whether `append` asks for the same once more.
    pub fn is_of(&self, append: &Append) -> bool {
        self.fingerprint == append.provenance.fingerprint
            && self.aggregate_type == append.aggregate_type
            && self.aggregate_id == append.aggregate_id
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

/// One verdict an append, in order. Earlier appends of a batch count for later ones.
pub(crate) fn decide(batch: &[&Append], known: &Known) -> Vec<Verdict> {
    let mut sequences = known.sequences.clone();
    let mut written: HashMap<CommandId, usize> = HashMap::new();
    let mut length = 0;
    let mut verdicts = Vec::with_capacity(batch.len());
    for (index, append) in batch.iter().enumerate() {
        let sequence = sequences.entry(append.stream()).or_insert(0);
        let verdict = if let Some(applied) = known.applied.get(&append.command_id()) {
            if applied.is_of(append) { Verdict::Earlier(applied.clone()) } else { Verdict::Reused }
        } else if let Some(&of) = written.get(&append.command_id()) {
            if same_command(batch[of], append) { Verdict::Twin { of } } else { Verdict::Reused }
        } else if append.expected == *sequence {
            let offset = length + 1;
            length += append.events.len() as u64;
            *sequence += append.events.len() as u64;
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
        last_position: head + offset + batch[index].events.len() as u64 - 1,
        recorded_at,
        duplicate,
    };
    let answer = |(index, verdict): (usize, &Verdict)| match verdict {
        Verdict::Write { offset } => Ok(written(index, *offset, false)),
        Verdict::Earlier(applied) => Ok(applied.receipt(batch[index].command_id())),
        Verdict::Twin { of } => match &verdicts[*of] {
            Verdict::Write { offset } => Ok(written(*of, *offset, true)),
            Verdict::Earlier(_) | Verdict::Twin { .. } | Verdict::Reused | Verdict::Conflict => {
                Err(AppendError::Conflict) // A twin is always of one that is written.
            }
        },
        Verdict::Reused => Err(AppendError::CommandIdReused),
        Verdict::Conflict => Err(AppendError::Conflict),
    };
    verdicts.iter().enumerate().map(answer).collect()
}

fn same_command(one: &Append, other: &Append) -> bool {
    one.provenance.fingerprint == other.provenance.fingerprint && one.stream() == other.stream()
}

#[cfg(test)]
mod tests {
    use domain::Actor;

    use super::*;
    use crate::append::{NewEvent, Provenance};

    #[test]
    fn the_second_of_two_writers_at_the_same_sequence_conflicts() {
        let (one, two) = (append(1, 0, 2), append(2, 0, 1));
        assert_eq!(
            decide(&[&one, &two], &Known::default()),
            [Verdict::Write { offset: 1 }, Verdict::Conflict]
        );
    }

    #[test]
    fn a_writer_that_knows_of_the_one_before_it_follows_it() {
        let (one, two) = (append(1, 0, 2), append(2, 2, 1));
        let verdicts = decide(&[&one, &two], &Known::default());
        assert_eq!(verdicts, [Verdict::Write { offset: 1 }, Verdict::Write { offset: 3 }]);
    }

    #[test]
    fn the_same_command_twice_in_a_batch_is_written_once() {
        let one = append(1, 0, 2);
        let verdicts = decide(&[&one, &one], &Known::default());
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
            decide(&[&one, &two], &Known::default()),
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
        assert_eq!(decide(&[&one], &known), [Verdict::Earlier(applied)]);
    }

    fn append(command: u128, expected: u64, events: usize) -> Append {
        let event = NewEvent { event_type: "done".into(), event_version: 1, payload: "{}".into() };
        Append {
            provenance: Provenance {
                command_id: CommandId(Uuid::from_u128(command)),
                fingerprint: [0; 32],
                occurred_at: DateTime::UNIX_EPOCH,
                actor: Actor::vendor("ann"),
                causation_id: None,
                correlation_id: Uuid::nil(),
            },
            aggregate_type: "thing",
            aggregate_id: Uuid::nil(),
            expected,
            events: vec![event; events],
        }
    }
}
