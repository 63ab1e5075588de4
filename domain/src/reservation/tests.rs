//! One holder at a time.

use super::*;
use crate::testing::{ALFA, BETA, PROGRAM, after};

fn reserved(holder: PartnerId) -> ReservationEvent {
    let (kind, program) = (ReservationKind::TaxId, Some(PROGRAM));
    ReservationEvent::Reserved { kind, program, holder: holder.0 }
}

#[test]
fn it_is_somebodys_from_when_it_is_taken_until_it_is_let_go() {
    let taken: Reservation = after([reserved(ALFA)]);
    assert_eq!(taken.other_than(BETA.0), Some(ALFA.0));
    assert_eq!(taken.other_than(ALFA.0), None);
    let free: Reservation = after([reserved(ALFA), ReservationEvent::Released { holder: ALFA.0 }]);
    assert_eq!(free, Reservation::default());
    assert_eq!(free.other_than(BETA.0), None);
}

#[test]
fn it_belongs_to_the_programme_in_which_it_is_taken() {
    let home = Reservation::founded(Uuid::nil(), &reserved(ALFA));
    assert_eq!(home, Some(Home { program: PROGRAM, partner: None }));
}
