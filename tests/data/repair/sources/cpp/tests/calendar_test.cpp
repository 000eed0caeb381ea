#include "../src/calendar.h"

#include <iostream>

using namespace shelf;

static int failures = 0;

#define CHECK(condition)                                                                  \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::cerr << __FILE__ << ":" << __LINE__ << ": check failed: " << #condition << "\n"; \
      ++failures;                                                                         \
    }                                                                                     \
  } while (false)

static void knows_leap_years() {
  CHECK(is_leap(2000));
  CHECK(!is_leap(1900));
  CHECK(is_leap(2024));
  CHECK(!is_leap(2023));
  CHECK(days_in_month(2024, 2) == 29);
  CHECK(days_in_month(2023, 2) == 28);
  CHECK(days_in_month(2023, 4) == 30);
  CHECK(days_in_month(2023, 12) == 31);
}

static void tells_valid_dates() {
  CHECK(is_valid({2024, 2, 29}));
  CHECK(!is_valid({2023, 2, 29}));
  CHECK(!is_valid({2023, 13, 1}));
  CHECK(!is_valid({2023, 0, 1}));
  CHECK(!is_valid({2023, 6, 0}));
  CHECK(is_valid({2023, 1, 1}));
  CHECK(is_valid({2023, 12, 31}));
}

static void counts_days() {
  CHECK(day_number({1970, 1, 1}) == 0);
  CHECK(day_number({2000, 3, 1}) == 11017);
  CHECK(day_number({1969, 12, 31}) == -1);
  for (const long day : {-1000L, -366L, -1L, 0L, 58L, 59L, 364L, 365L, 789L, 790L, 11016L, 20000L})
    CHECK(day_number(date_of(day)) == day);
  CHECK(date_of(11016) == (Date{2000, 2, 29}));
}

static void names_weekdays() {
  CHECK(weekday({1970, 1, 1}) == Weekday::kThursday);
  CHECK(weekday({2024, 2, 29}) == Weekday::kThursday);
  CHECK(weekday({1969, 12, 28}) == Weekday::kSunday);
  CHECK(workdays_between({2024, 3, 1}, {2024, 3, 11}) == 6);
  CHECK(workdays_between({2024, 3, 2}, {2024, 3, 4}) == 0);
}

static void adds_months() {
  CHECK(plus_months({2024, 1, 31}, 1) == (Date{2024, 2, 29}));
  CHECK(plus_months({2023, 11, 15}, 3) == (Date{2024, 2, 15}));
  CHECK(plus_months({2024, 3, 31}, -1) == (Date{2024, 2, 29}));
  CHECK(plus_months({2024, 1, 5}, -1) == (Date{2023, 12, 5}));
  CHECK(iso_text({987, 6, 5}) == "0987-06-05");
}

int main() {
  knows_leap_years();
  tells_valid_dates();
  counts_days();
  names_weekdays();
  adds_months();
  return failures == 0 ? 0 : 1;
}
