// Days of the Gregorian calendar.
#pragma once

#include <string>

namespace shelf {

enum class Weekday { kMonday, kTuesday, kWednesday, kThursday, kFriday, kSaturday, kSunday };

struct Date {
  int year = 1970;
  int month = 1;  // 1..12
  int day = 1;

  bool operator==(const Date& other) const = default;
};

bool is_leap(int year);
int days_in_month(int year, int month);
bool is_valid(const Date& date);

// Days since 1970-01-01, negative before.
long day_number(const Date& date);
Date date_of(long day_number);
Weekday weekday(const Date& date);

// The same day of a later or earlier month, or that month's last day.
Date plus_months(const Date& date, int months);
long workdays_between(const Date& from, const Date& to);  // [from, to)

std::string iso_text(const Date& date);

}  // namespace shelf
