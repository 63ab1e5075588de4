//! Exactly-once effects (E14): whatever is delivered twice, in whatever order two process managers take turns, and
//! wherever one of them or the whole process ends, the streams are those of one delivery.

use std::sync::Arc;

use api::commands::Commands;
use domain::reactions::{TimerChange, reactions, timers};
use eventlog::Log;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tests::told_open;

use super::*;

/// The commands that a history came of, in the order of the log.
fn commands_of(story: &Story, history: &[Recorded]) -> Vec<Request> {
    let mut known: BTreeMap<CommandId, Request> =
        story.steps.iter().map(|step| (step.command_id, request(step))).collect();
    for recorded in history {
        known.extend(caused(recorded).into_iter().map(|request| (request.command_id, request)));
    }
    let by_command = history
        .chunk_by(|one, next| one.envelope.command_id == next.envelope.command_id)
        .map(|events| events[0].envelope.command_id);
    by_command.map(|id| known[&id].clone()).collect()
}

/// What is done in the story, until its end: what is refused depends on how far all is by then.
fn done(story: &Story) -> Story {
    let mut story = story.clone();
    let last = story.steps.len() - 1;
    let mut steps = 0..;
    story.steps.retain(|step| steps.next() == Some(last) || step.refused.is_none());
    story
}

async fn told_once(name: &str) -> (Story, Vec<Recorded>) {
    let telling = Telling::of(&Place::sqlite(), name).await;
    let once = told_open(&telling.service.log).await;
    let mut story = telling.story;
    story.steps.iter_mut().for_each(|step| step.then.clear()); // The streams are asked here.
    telling.service.stop().await;
    (story, once)
}

#[tokio::test(flavor = "multi_thread")]
async fn e14_a_process_that_ends_after_any_command_is_gone_on_from_to_the_same_streams() {
    for name in all() {
        let (story, once) = told_once(&name).await;
        let commands = commands_of(&story, &once);
        for cut in 1..commands.len() {
            let [file, server] = [Place::sqlite(), Place::postgres().await];
            // On the server every seventh: it is the same code, and takes its time to start.
            let places = [Some(file), (cut % 7 == 3).then_some(server)];
            for place in places.into_iter().flatten() {
                let clock = ManualClock::at(story.begins());
                let log = place.log_at(Arc::new(clock.clone())).await;
                let until_then = Commands::new(log.clone(), Arc::new(clock.clone()));
                for request in &commands[..cut] {
                    clock.move_to(request.at.expect("is told"));
                    let done = until_then.execute(request.clone()).await;
                    assert!(matches!(done, Ok(Outcome::Done(_))), "{name}: {done:?}");
                }
                log.close().await;
                drop((log, until_then)); // The file's lock with them.
                let service = start(&place, &story).await;
                let told = story.tell(Path::new(&name), &service, |_| ()).await;
                told.unwrap_or_else(|error| panic!("{place}: after {cut} commands: {error}"));
                let after = streams(&told_open(&service.log).await);
                assert_eq!(after, streams(&once), "{place}: {name} after {cut} commands");
                service.stop().await;
            }
        }
    }
}

/// Two process managers over one log, each with how far it says that it has come.
struct Managers {
    commands: Commands,
    log: Log,
    clock: ManualClock,
    rng: StdRng,
    /// What all events until now have caused, in the order of the log.
    caused: Vec<Request>,
    /// How many of these each has seen to.
    reached: [usize; 2],
    schedule: BTreeMap<Uuid, (DateTime<Utc>, Request)>,
    /// What was refused: open items, or ordinary outcomes, which are refused again.
    refused: BTreeMap<CommandId, Request>,
    position: u64,
}

impl Managers {
    async fn at(place: &Place, story: &Story, seed: u64) -> Self {
        let clock = ManualClock::at(story.begins());
        let log = place.log_at(Arc::new(clock.clone())).await;
        let commands = Commands::new(log.clone(), Arc::new(clock.clone()));
        let rng = StdRng::seed_from_u64(seed);
        let (caused, refused, schedule) = (vec![], BTreeMap::new(), BTreeMap::new());
        Self { commands, log, clock, rng, caused, reached: [0; 2], schedule, refused, position: 0 }
    }

    /// The events that have come, for both.
    async fn follow(&mut self) {
        for raw in self.log.read_after(self.position, 10_000).await.expect("the log reads") {
            self.position = raw.envelope.position;
            let recorded = decode(raw.envelope, &raw.payload).expect("it decodes");
            let known: BTreeMap<CommandId, Request> = caused(&recorded)
                .into_iter()
                .map(|request| (request.command_id, request))
                .collect();
            self.caused.extend(
                reactions(&recorded).iter().map(|reaction| known[&reaction.command_id].clone()),
            );
            for change in timers(&recorded) {
                match change {
                    TimerChange::Set(timer) => {
                        let request = known[&timer.command_id].clone();
                        self.schedule.insert(timer.id, (timer.due_at, request));
                    }
                    TimerChange::Clear(id) => drop(self.schedule.remove(&id)),
                }
            }
        }
    }

    /// Both carry out all that there is, taking turns by chance, now and then at once, and each ends now and then and
    /// begins again before where it was.
    async fn settle(&mut self) {
        loop {
            self.follow().await;
            let behind = [0, 1].map(|which| self.reached[which] < self.caused.len());
            if behind == [false, false] {
                return;
            }
            let both = behind == [true, true];
            if both && self.rng.random_bool(0.3) {
                let [one, other] = self.reached.map(|at| self.caused[at].clone());
                let done = tokio::join!(
                    self.commands.execute(one.clone()),
                    self.commands.execute(other.clone())
                );
                self.note(one, done.0).await;
                self.note(other, done.1).await;
                self.reached = self.reached.map(|at| at + 1);
                continue;
            }
            let which = if both { self.rng.random_range(0..2) } else { usize::from(behind[1]) };
            let request = self.caused[self.reached[which]].clone();
            let done = self.commands.execute(request.clone()).await;
            self.note(request, done).await;
            self.reached[which] += 1;
            if self.rng.random_bool(0.15) {
                let back = self.rng.random_range(0..=6);
                self.reached[which] = self.reached[which].saturating_sub(back);
            }
        }
    }

    async fn note(&mut self, request: Request, done: Result<Outcome, Fault>) {
        match done.expect("the log answers") {
            Outcome::Done(_) => drop(self.refused.remove(&request.command_id)),
            Outcome::Refused(_) => drop(self.refused.insert(request.command_id, request)),
        }
    }

    /// Lets time pass: each timer at its instant, by both at once; then what waits is tried again.
    async fn advance(&mut self, then: DateTime<Utc>) {
        self.settle().await;
        loop {
            let due = self.schedule.iter().filter(|(_, (at, _))| *at <= then);
            let Some((at, id)) = due.map(|(id, (at, _))| (*at, *id)).min() else { break };
            let Some((_, request)) = self.schedule.remove(&id) else { break };
            self.clock.move_to(at);
            let done = tokio::join!(
                self.commands.execute(request.clone()),
                self.commands.execute(request.clone())
            );
            self.note(request.clone(), done.0).await;
            self.note(request, done.1).await;
            self.settle().await;
        }
        for request in self.refused.clone().into_values() {
            let done = self.commands.execute(request.clone()).await;
            self.note(request, done).await;
        }
        self.settle().await;
        self.clock.move_to(then);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e14_two_process_managers_in_any_interleaving_leave_the_streams_of_one_delivery() {
    let seed = std::env::var("ACCORD_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(rand::random);
    eprintln!("to see this again: ACCORD_TEST_SEED={seed}");
    for name in all() {
        let (story, once) = told_once(&name).await;
        let story = done(&story);
        for place in places().await {
            let mut managers = Managers::at(&place, &story, seed).await;
            for step in &story.steps {
                managers.advance(step.at).await;
                let asked = request(step);
                let done = tokio::join!(
                    managers.commands.execute(asked.clone()),
                    managers.commands.execute(asked)
                );
                let done = [done.0, done.1].map(|done| done.expect("the log answers"));
                let refused = done.iter().any(|done| matches!(done, Outcome::Refused(_)));
                assert_eq!(refused, step.refused.is_some(), "{place}: {name}: {done:?}");
            }
            managers.settle().await;
            let after = streams(&told_open(&managers.log).await);
            assert_eq!(after, streams(&once), "{place}: {name}, seed {seed}");
            managers.log.close().await;
        }
    }
}
