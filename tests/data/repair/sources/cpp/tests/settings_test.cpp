#include "../src/settings.h"

#include <cassert>

using shelf::Settings;
using shelf::SettingsError;

static void reads_sections() {
  SettingsError error;
  const auto settings = Settings::parse(
      "name = top\n"
      "# a comment\n"
      "\n"
      "[ server ]\n"
      "port = 8080\n"
      "  host=  example  \n"
      "formula = a=b\n"
      "secure = yes\n"
      "[client]\n"
      "port = 12x\n"
      "cache = 1\n"
      "verbose = off",
      error);
  assert(settings.has_value());
  assert(settings->size() == 8);
  assert(settings->text("", "name", "none") == "top");
  assert(settings->text("server", "host", "") == "example");
  assert(settings->text("server", "formula", "") == "a=b");
  assert(settings->text("server", "missing", "other") == "other");
  assert(settings->number("server", "port", 1) == 8080);
  assert(settings->number("client", "port", 7) == 7);
  assert(settings->number("nowhere", "port", 9) == 9);
  assert(settings->flag("server", "secure"));
  assert(settings->flag("client", "cache"));
  assert(!settings->flag("client", "verbose"));
  assert(!settings->flag("client", "absent"));
}

static void says_where_it_is_wrong() {
  SettingsError error;
  assert(!Settings::parse("a = 1\n\nnonsense\n", error).has_value());
  assert(error.line == 3);
  assert(error.message == "expected key = value");
  assert(!Settings::parse("= 1\n", error).has_value());
  assert(error.line == 1);
}

static void trims() {
  assert(shelf::trimmed("  a b\t") == "a b");
  assert(shelf::trimmed("   ").empty());
  assert(shelf::trimmed("x") == "x");
}

int main() {
  reads_sections();
  says_where_it_is_wrong();
  trims();
}
