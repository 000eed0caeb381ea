#include "calendar.h"

#include <algorithm>
#include <cstdio>

namespace shelf {

bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_in_month(int year, int month) {
  static const int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month == 2 && is_leap(year)) return 29;
  return kDays[month - 1];
}

bool is_valid(const Date& date) {
  if (date.month < 1 || date.month > 12) return false;
  return date.day >= 1 && date.day <= days_in_month(date.year, date.month);
}

long day_number(const Date& date) {
  long days = 0;
  if (date.year >= 1970) {
    for (int year = 1970; year < date.year; ++year) days += is_leap(year) ? 366 : 365;
  } else {
    for (int year = date.year; year < 1970; ++year) days -= is_leap(year) ? 366 : 365;
  }
  for (int month = 1; month < date.month; ++month) days += days_in_month(date.year, month);
  return days + date.day - 1;
}

Date date_of(long day_number) {
  Date date;
  while (day_number < 0) {
    --date.year;
    day_number += is_leap(date.year) ? 366 : 365;
  }
  while (day_number >= (is_leap(date.year) ? 366 : 365)) {
    day_number -= is_leap(date.year) ? 366 : 365;
    ++date.year;
  }
  while (day_number >= days_in_month(date.year, date.month)) {
    day_number -= days_in_month(date.year, date.month);
    ++date.month;
  }
  date.day = static_cast<int>(day_number) + 1;
  return date;
}

Weekday weekday(const Date& date) {
  const long index = ((day_number(date) + 3) % 7 + 7) % 7;
  return static_cast<Weekday>(index);
}

Date plus_months(const Date& date, int months) {
  int count = date.year * 12 + date.month - 1 + months;
  Date result;
  result.year = count / 12;
  result.month = count % 12 + 1;
  result.day = std::min(date.day, days_in_month(result.year, result.month));
  return result;
}

long workdays_between(const Date& from, const Date& to) {
  long count = 0;
  const long end = day_number(to);
  for (long day = day_number(from); day < end; ++day) {
    const Weekday name = weekday(date_of(day));
    if (name != Weekday::kSaturday && name != Weekday::kSunday) ++count;
  }
  return count;
}

std::string iso_text(const Date& date) {
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02d-%02d", date.year, date.month, date.day);
  return text;
}

}  // namespace shelf
