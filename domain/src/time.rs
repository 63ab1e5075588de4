//! Calendar arithmetic in the programme's time zone. Periods are half-open: the end is the first instant outside.

use chrono::{DateTime, Days, Duration, Months, NaiveDate, Offset, TimeZone, Utc};
use chrono_tz::Tz;

/// First instant of `day` in `zone`; where the clocks skip midnight, the first instant that exists.
pub fn start_of(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = day.and_time(chrono::NaiveTime::MIN);
    let exists = (0..=24).find_map(|quarter_hours_skipped| {
        let local = midnight + Duration::minutes(15 * quarter_hours_skipped);
        zone.from_local_datetime(&local).earliest()
    });
    exists.map_or_else(|| midnight.and_utc(), |local| local.to_utc())
}

/// The day on which `at` falls in `zone`; in UTC within the first and last hours of the calendar.
pub fn day_of(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    let offset = zone.offset_from_utc_datetime(&at.naive_utc()).fix();
    at.naive_utc().checked_add_offset(offset).unwrap_or(at.naive_utc()).date()
}

/// First day of the month in which `at` falls in `zone`.
pub fn month_of(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    use chrono::Datelike;
    let day = day_of(at, zone);
    day.with_day(1).unwrap_or(day)
}

/// End of a hold or window of whole days: the start of the local day `days` after the one of `at`; `at` itself for 0.
///
/// `None` beyond the calendar.
pub fn after_days(at: DateTime<Utc>, days: u32, zone: Tz) -> Option<DateTime<Utc>> {
    if days == 0 {
        return Some(at);
    }
    day_of(at, zone).checked_add_days(Days::new(days.into())).map(|day| start_of(day, zone))
}

/// End of a window of whole months: counted from the anchor's day and clamped to the month's end.
///
/// 31 January and one month give 28 February, and two months 31 March. `None` beyond the calendar.
pub fn after_months(at: DateTime<Utc>, months: u32, zone: Tz) -> Option<DateTime<Utc>> {
    day_of(at, zone).checked_add_months(Months::new(months)).map(|day| start_of(day, zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WARSAW: Tz = chrono_tz::Europe::Warsaw;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect(text)
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect(text)
    }

    #[test]
    fn g5_a_month_ends_at_midnight_of_the_programme() {
        assert_eq!(month_of(at("2025-03-31T21:30:00Z"), WARSAW), day("2025-03-01"));
        assert_eq!(month_of(at("2025-03-31T22:00:00Z"), WARSAW), day("2025-04-01"));
    }

    #[test]
    fn g6_a_month_from_the_thirty_first_ends_with_the_shorter_month() {
        let anchor = at("2025-01-31T12:00:00Z");
        assert_eq!(after_months(anchor, 1, WARSAW), Some(at("2025-02-27T23:00:00Z")));
        assert_eq!(after_months(anchor, 2, WARSAW), Some(at("2025-03-30T22:00:00Z")));
    }

    #[test]
    fn a_hold_ends_at_the_start_of_a_local_day_also_across_a_change_of_clocks() {
        let friday = at("2025-03-28T15:00:00Z");
        assert_eq!(after_days(friday, 2, WARSAW), Some(at("2025-03-29T23:00:00Z")));
        assert_eq!(after_days(friday, 3, WARSAW), Some(at("2025-03-30T22:00:00Z")));
        assert_eq!(after_days(friday, 0, WARSAW), Some(friday));
    }

    #[test]
    fn the_ends_of_the_calendar_have_a_day_and_nothing_after_them() {
        for zone in [WARSAW, chrono_tz::America::Sao_Paulo, chrono_tz::Pacific::Kiritimati] {
            for instant in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
                let day = day_of(instant, zone);
                start_of(day, zone);
                month_of(instant, zone);
            }
            assert_eq!(after_days(DateTime::<Utc>::MAX_UTC, 1, zone), None);
            assert_eq!(after_months(DateTime::<Utc>::MAX_UTC, 1, zone), None);
        }
    }

    #[test]
    fn a_midnight_that_the_clocks_skip_starts_at_the_first_instant_after_it() {
        let sao_paulo = chrono_tz::America::Sao_Paulo;
        assert_eq!(start_of(day("2018-11-04"), sao_paulo), at("2018-11-04T03:00:00Z"));
    }
}
