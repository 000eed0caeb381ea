//! Times of day and timetables.

use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clock {
    minutes: u32, // since midnight, below 1440
}

const DAY: u32 = 24 * 60;

impl Clock {
    pub fn new(hours: u32, minutes: u32) -> Option<Clock> {
        if hours >= 24 || minutes >= 60 {
            return None;
        }
        Some(Clock { minutes: hours * 60 + minutes })
    }

    pub fn plus(self, minutes: i64) -> Clock {
        let total = (i64::from(self.minutes) + minutes).rem_euclid(i64::from(DAY));
        Clock { minutes: total as u32 }
    }

    /// Minutes until the clock shows `later`, tomorrow if need be.
    pub fn until(self, later: Clock) -> u32 {
        (later.minutes + DAY - self.minutes) % DAY
    }

    pub fn text(self) -> String {
        format!("{:02}:{:02}", self.minutes / 60, self.minutes % 60)
    }
}

impl FromStr for Clock {
    type Err = String;

    fn from_str(text: &str) -> Result<Clock, String> {
        let (hours, minutes) = text.split_once(':').ok_or(format!("{text}: no colon"))?;
        let number = |part: &str| part.parse::<u32>().map_err(|_| format!("{part}: not a number"));
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        Clock::new(hours, minutes).ok_or_else(|| format!("{text}: no such time"))
    }
}

#[derive(Debug, Default)]
pub struct Timetable {
    departures: Vec<(Clock, String)>,
}

impl Timetable {
    /// A line that leaves from `first` to `last`, every so many minutes.
    pub fn add_line(&mut self, name: &str, first: Clock, last: Clock, every: u32) {
        let mut passed = 0;
        while every > 0 && passed <= first.until(last) {
            let time = first.plus(i64::from(passed));
            self.departures.push((time, name.to_string()));
            passed += every;
        }
        self.departures.sort();
    }

    pub fn len(&self) -> usize {
        self.departures.len()
    }

    pub fn is_empty(&self) -> bool {
        self.departures.is_empty()
    }

    /// The next departure, tomorrow's first if there is none today.
    pub fn next(&self, now: Clock) -> Option<&(Clock, String)> {
        let at = self.departures.partition_point(|(time, _)| *time < now);
        self.departures.get(at).or_else(|| self.departures.first())
    }

    /// The longest wait between departures, over midnight too.
    pub fn longest_wait(&self) -> Option<u32> {
        let first = self.departures.first()?;
        let times = self.departures.iter().map(|(time, _)| *time);
        let following = self.departures.iter().skip(1).chain(Some(first)).map(|(time, _)| *time);
        times.zip(following).map(|(a, b)| a.until(b)).max()
    }
}
