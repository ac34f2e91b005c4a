//! Times as seconds since 1970, from the two texts that trust roots and timestamps use.

/// Reads RFC 3339 in UTC, `2025-07-04T00:00:00Z`, with or without a fraction; some mirrors write `+00:00`.
#[must_use]
pub fn rfc3339(text: &str) -> Option<i64> {
    let plain = text.strip_suffix('Z').or(text.strip_suffix("+00:00"))?;
    let (date, time) = plain.split_once('T')?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let plain = date.replace('-', "") + &time.replace(':', "");
    let shaped = date.len() == 10 && time.len() == 8 && digits(fraction);
    shaped.then(|| compact(&plain)).flatten()
}

/// Writes RFC 3339 in UTC, to the second.
#[must_use]
pub fn to_rfc3339(time: i64) -> String {
    let (days, seconds) = (time.div_euclid(86_400), time.rem_euclid(86_400));
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    // As in `days`, the other way round.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let part = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * part + 2) / 5 + 1, (part + 2) % 12 + 1);
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Reads `GeneralizedTime` as RFC 5280 and RFC 3161 restrict it: `20250704000000Z`, maybe with a fraction.
pub(super) fn generalized(text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "1"));
    let sound = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
    sound.then(|| compact(whole)).flatten()
}

fn compact(text: &str) -> Option<i64> {
    if text.len() != 14 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    let sound = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    sound.then(|| days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// Days since 1970-01-01 in the Gregorian calendar (years counted from March, eras of 400 years).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_is_written_is_read_again() {
        for time in [0, 951_782_400, 1_767_225_599, 1_795_000_000, 4_102_444_800] {
            assert_eq!(rfc3339(&to_rfc3339(time)), Some(time), "{time}");
        }
        assert_eq!(to_rfc3339(951_782_401), "2000-02-29T00:00:01Z");
        assert_eq!(rfc3339("2000-02-29T00:00:01.25+00:00"), Some(951_782_401));
        assert_eq!(rfc3339("2000-02-29T00:00:01+01:00"), None);
    }

    #[test]
    fn times() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T12:00:00Z", Some(951_825_600)),
            ("2022-12-31T23:59:59.999Z", Some(1_672_531_199)),
            ("2025-13-01T00:00:00Z", None),
            ("2025-01-01T00:00:00+01:00", None),
            ("2025-1-1T00:00:00Z", None),
            ("x", None),
        ] {
            assert_eq!(rfc3339(text), expected, "{text}");
        }
        assert_eq!(generalized("20221231235959Z"), Some(1_672_531_199));
        assert_eq!(generalized("20221231235959.5Z"), Some(1_672_531_199));
        assert_eq!(generalized("202212312359Z"), None);
    }
}
