//! A plan as a TOML file: what a person writes to try a platform of their own size.
//!
//! An example stands at `Plan::from_toml`.

use event::EventTime;
use event::time::{DAY, HOUR, MINUTE, SECOND};
use serde::Deserialize;

use super::Error;
use super::plan::{People, Plan, Scenario};
use super::scenario::lay_over;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default = "one")]
    seed: u64,
    accounts: Option<u64>,
    start: Option<toml::value::Datetime>,
    hours: Option<u32>,
    requests_per_account: Option<f64>,
    model_release_hour: Option<f64>,
    people: Option<People>,
    tenants: Option<u64>,
    #[serde(default)]
    scenario: Vec<toml::Table>,
}

fn one() -> u64 {
    1
}

/// Reads a plan and checks it.
pub fn read(text: &str) -> Result<Plan, Error> {
    let plan = read_for(text, None)?;
    plan.check()?;
    Ok(plan)
}

/// Reads a plan; `accounts` stands in where the file says none.
pub fn read_for(text: &str, accounts: Option<u64>) -> Result<Plan, Error> {
    let file: File = toml::from_str(text).map_err(|error| Error::File(error.to_string()))?;
    plan(file, accounts)
}

/// Reads a plan with one key of its first scenario changed, such as `group.pool.accounts`.
pub fn read_changed(
    text: &str,
    accounts: Option<u64>,
    key: &str,
    value: &str,
) -> Result<Plan, Error> {
    let mut file: File = toml::from_str(text).map_err(|error| Error::File(error.to_string()))?;
    let change = format!("{key} = {value}").parse::<toml::Table>();
    let change = change
        .map_err(|error| Error::File(format!("{key} = {value}: {}", error.message().trim_end())))?;
    let first = file.scenario.first_mut();
    let first = first.ok_or_else(|| Error::File("the plan has no [[scenario]]".to_owned()))?;
    lay_over(first, change);
    plan(file, accounts)
}

fn plan(file: File, accounts: Option<u64>) -> Result<Plan, Error> {
    let demo = Plan::demo(file.seed, 20_000);
    let mut scenarios = Vec::new();
    for table in file.scenario {
        let name = table.get("name").and_then(toml::Value::as_str).map(str::to_owned);
        let name = name.ok_or_else(|| Error::File("a [[scenario]] has no name".to_owned()))?;
        scenarios.push(Scenario::named(&name, file.seed, table)?);
    }
    Ok(Plan {
        seed: file.seed,
        accounts: file.accounts.or(accounts).unwrap_or(20_000),
        start: file.start.map_or(Ok(demo.start), time)?,
        hours: file.hours.unwrap_or(demo.hours),
        requests_per_account: file.requests_per_account.unwrap_or(demo.requests_per_account),
        model_release_hour: file.model_release_hour.unwrap_or(demo.model_release_hour),
        people: file.people.unwrap_or(People::Calibrated),
        tenants: file.tenants.unwrap_or(0),
        scenarios,
        ..demo
    })
}

/// TOML's own date and time, which must say that it is UTC.
fn time(value: toml::value::Datetime) -> Result<EventTime, Error> {
    let (Some(date), Some(clock), Some(toml::value::Offset::Z)) =
        (value.date, value.time, value.offset)
    else {
        let message =
            format!("start = {value}: write a date, a time and Z, as 2026-03-02T00:00:00Z");
        return Err(Error::File(message));
    };
    let days = days(i64::from(date.year), i64::from(date.month), i64::from(date.day));
    let of_day = i64::from(clock.hour) * HOUR + i64::from(clock.minute) * MINUTE;
    Ok(EventTime(days * DAY + of_day + i64::from(clock.second) * SECOND))
}

/// Days from 1970-01-01 to a date of the Gregorian calendar: leap days are counted by years that
/// begin in March, so that the extra day ends a year.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year
        - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_differs_from_the_demo() {
        let plan = Plan::from_toml(
            "seed = 7\naccounts = 500\nstart = 2026-11-23T06:30:00Z\n\
             [[scenario]]\nname = \"S5\"\naccounts_per_pool = 12\n[[scenario]]\nname = \"N3\"\n",
        )
        .expect("a good file");
        assert_eq!(event::rfc3339::format(plan.start), "2026-11-23T06:30:00.000Z");
        assert_eq!((plan.seed, plan.accounts, plan.hours), (7, 500, 24));
        assert_eq!(plan.scenarios[0].accounts(), 24);
        assert_eq!(plan.scenarios[1].accounts(), 40);
    }

    #[test]
    fn an_unknown_key_is_named() {
        let error = |text| Plan::from_toml(text).expect_err("a bad file").to_string();
        assert!(error("accounts = 5\ncolour = 1").contains("colour"));
        assert!(error("accounts = 5\n[[scenario]]\nname = \"S1\"\ncardz = 4").contains("cardz"));
        assert!(error("accounts = 5\n[[scenario]]\nname = \"S99\"").contains("S99"));
        assert!(error("accounts = 5\nhours = 6\n[[scenario]]\nname = \"S5\"").contains("S5"));
        assert!(error("accounts = 5\nstart = 2026-03-02").contains("start"));
    }
}
