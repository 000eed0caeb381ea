#include "../src/text_table.h"

#include <gtest/gtest.h>

using namespace shelf;

TEST(Padded, PutsBlanksWhereTheyBelong) {
  EXPECT_EQ(padded("ab", 5, Align::kLeft), "ab   ");
  EXPECT_EQ(padded("ab", 5, Align::kRight), "   ab");
  EXPECT_EQ(padded("ab", 5, Align::kCentre), " ab  ");
  EXPECT_EQ(padded("abcdef", 3, Align::kRight), "abcdef");
}

TEST(WithThousands, SetsSeparators) {
  EXPECT_EQ(with_thousands(0, ','), "0");
  EXPECT_EQ(with_thousands(999, ','), "999");
  EXPECT_EQ(with_thousands(1000, ','), "1,000");
  EXPECT_EQ(with_thousands(-1234567, '.'), "-1.234.567");
}

TEST(TextTable, LinesUp) {
  TextTable table({{"name", Align::kLeft}, {"count", Align::kRight}, {"at", Align::kCentre}});
  EXPECT_TRUE(table.add_row({"nails", "1200", "b"}));
  EXPECT_TRUE(table.add_row({"hammers", "3"}));
  EXPECT_FALSE(table.add_row({"a", "b", "c", "d"}));
  EXPECT_EQ(table.width(), 18u);
  EXPECT_EQ(table.render(),
            "name     count  at\n"
            "------------------\n"
            "nails     1200  b \n"
            "hammers      3    \n");
}

TEST(TextTable, OfNothing) { EXPECT_EQ(TextTable({}).width(), 0u); }
